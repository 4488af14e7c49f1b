// Package talosaccess opens the machine API of a cluster's Talos nodes for a short time: it reads the administrator's
// talosconfig, has a node issue a client certificate that ends soon and opens little, checks it, and writes the
// talosconfig for it.
package talosaccess

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-edge/kubectl-edge/pkg/plainyaml"
)

const (
	// defaultPort is that of the machine API, and httpsPort that of an endpoint which is a URL without one, as
	// talosctl has it.
	defaultPort, httpsPort = "50000", "443"
	maxEndpoints           = 64
	maxNodes               = 1000
	maxName                = 253
)

// Config is a talosconfig with its one context, checked.
type Config struct {
	Context   string
	Endpoints []string // host or host:port, or https://host, with or without a port
	Nodes     []string // that talosctl asks if nothing else is said
	Cluster   string   // which one is meant, for an endpoint that stands in front of several

	credential
}

// Format hides the key from every verb of package fmt.
func (c *Config) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "talosconfig of "+c.Context) }

// file is a talosconfig as it is written.
type file struct {
	Context  string              `json:"context"`
	Contexts map[string]*section `json:"contexts"`
}

type section struct {
	Target    string         `json:"target,omitempty"` // an older name for an endpoint
	Endpoints []string       `json:"endpoints"`
	Nodes     []string       `json:"nodes,omitempty"`
	CA        string         `json:"ca"`
	Crt       string         `json:"crt"`
	Key       string         `json:"key"`
	Auth      map[string]any `json:"auth,omitempty"`
	Cluster   string         `json:"cluster,omitempty"`
}

// Parse reads an administrator's talosconfig that is used from one moment on. It may be anybody's: who can write
// the secret chooses it. No error quotes what could be a secret.
func Parse(data []byte, now time.Time) (*Config, error) {
	c, err := read(data)
	if err != nil {
		return nil, err
	}
	return c, c.checkAdministrator(now)
}

// read reads a talosconfig of anybody's certificate.
func read(data []byte) (*Config, error) {
	var f file
	if err := plainyaml.Unmarshal(data, &f); err != nil {
		return nil, err
	}
	if len(f.Contexts) != 1 {
		return nil, fmt.Errorf("it has %d contexts instead of one", len(f.Contexts))
	}
	name := slices.Collect(maps.Keys(f.Contexts))[0]
	s := f.Contexts[name]
	switch {
	case s == nil:
		return nil, errors.New("its context is empty")
	case f.Context != "" && f.Context != name:
		return nil, errors.New("it names another context than the one that it has")
	case !plainText(name):
		return nil, errors.New("the name of its context is empty, too long, or has characters that cannot be seen")
	case s.Cluster != "" && !plainText(s.Cluster):
		return nil, errors.New("the name of its cluster is too long, or has characters that cannot be seen")
	case len(s.Auth) > 0:
		return nil, errors.New("it wants a login of another kind than a certificate (auth)")
	}
	if s.Target != "" {
		s.Endpoints = append(s.Endpoints, s.Target)
	}
	if err := checkAddresses(s); err != nil {
		return nil, err
	}
	c := &Config{Context: name, Endpoints: s.Endpoints, Nodes: s.Nodes, Cluster: s.Cluster}
	var pem [3][]byte
	for i, value := range []struct{ field, text string }{{"ca", s.CA}, {"crt", s.Crt}, {"key", s.Key}} {
		if value.text == "" {
			return nil, fmt.Errorf("it has no %s", value.field)
		}
		var err error
		if pem[i], err = base64.StdEncoding.DecodeString(value.text); err != nil {
			return nil, fmt.Errorf("its %s is not base64", value.field)
		}
	}
	var err error
	c.credential, err = readCredential(pem[0], pem[1], pem[2])
	return c, err
}

// checkAdministrator looks at the certificate that a talosconfig came with.
func (c *Config) checkAdministrator(now time.Time) error {
	switch {
	case !now.Before(c.leaf.NotAfter):
		return &ExpiredError{c.leaf.NotAfter}
	case now.Before(c.leaf.NotBefore):
		return fmt.Errorf("its certificate begins at %s: the clock of this machine says %s",
			c.leaf.NotBefore.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	case !c.signed():
		return errors.New("its certificate is not one for clients that its ca has signed")
	case !slices.Contains(c.leaf.Subject.Organization, Admin):
		return fmt.Errorf("its certificate has the roles %.200q, and not %s", c.leaf.Subject.Organization, Admin)
	}
	return nil
}

// ExpiredError is that the administrator's certificate has ended.
type ExpiredError struct{ NotAfter time.Time }

func (e *ExpiredError) Error() string {
	return "its certificate expired at " + e.NotAfter.UTC().Format(time.RFC3339)
}

func checkAddresses(s *section) error {
	switch {
	case len(s.Endpoints) == 0:
		return errors.New("it has no endpoints")
	case len(s.Endpoints) > maxEndpoints || len(s.Nodes) > maxNodes:
		return fmt.Errorf("it has %d endpoints and %d nodes, which are too many", len(s.Endpoints), len(s.Nodes))
	}
	for _, endpoint := range s.Endpoints {
		if _, err := address(endpoint); err != nil {
			return fmt.Errorf("its endpoint %.100q %w", endpoint, err)
		}
	}
	for _, node := range s.Nodes {
		if host, port, err := net.SplitHostPort(node); err == nil && plainPort(port) {
			node = host
		}
		if !plainHost(node) {
			return fmt.Errorf("its node %.100q is not a host", node)
		}
	}
	return nil
}

// address is the host and port that an endpoint means.
func address(endpoint string) (string, error) {
	host, port := endpoint, defaultPort
	if rest, found := strings.CutPrefix(endpoint, "https://"); found {
		u, err := url.Parse(endpoint)
		if err != nil || strings.TrimSuffix(rest, "/") != u.Host {
			return "", errors.New("is not a plain https URL")
		}
		host, port = u.Host, httpsPort
	}
	if h, p, err := net.SplitHostPort(host); err == nil {
		host, port = h, p
	} else {
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	if !plainHost(host) || !plainPort(port) {
		return "", errors.New("is neither a host nor a host and a port")
	}
	return net.JoinHostPort(host, port), nil
}

func plainPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// plainHost reports whether s is an IP address or may be the name of a host.
func plainHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return plainText(s)
	}
	return s != "" && len(s) <= maxName && s[0] != '-' && s[0] != '.' && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._", r))
	}) < 0
}

// plainText reports whether s is short and has nothing but visible ASCII in it.
func plainText(s string) bool {
	return s != "" && len(s) <= maxName && strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// Marshal writes the talosconfig. It holds the key.
func (c *Config) Marshal() ([]byte, error) {
	encode := base64.StdEncoding.EncodeToString
	return yaml.Marshal(file{c.Context, map[string]*section{c.Context: {
		Endpoints: c.Endpoints, Nodes: c.Nodes, Cluster: c.Cluster,
		CA: encode(c.ca), Crt: encode(c.crt), Key: encode(c.key),
	}}})
}
