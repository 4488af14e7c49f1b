package talosaccess

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
)

const (
	// generate is the call that makes a certificate [siderolabs/talos api/machine/machine.proto]. The node makes the
	// key, too.
	generate = "/machine.MachineService/GenerateClientConfiguration"
	// callTime bounds the call of one node, and connectTime dialling, and again the TLS handshake.
	callTime, connectTime = 10 * time.Second, 5 * time.Second
	// tolerance is by how much a life may differ from what was asked for: certificates count seconds.
	tolerance = 2 * time.Second
	// clocks is by how much the clocks of this machine and of a node may differ.
	clocks = time.Hour
)

// Request is what a certificate is asked for.
type Request struct {
	Roles []string
	TTL   time.Duration
	// UserAgent names who asks.
	UserAgent string
	Now       func() time.Time
}

// ErrRefused is in the errors about a certificate that was issued, and is not used.
var ErrRefused = errors.New("the certificate that was issued is not used")

// LifeError is that a certificate lives longer than was asked for.
type LifeError struct{ Asked, Life time.Duration }

func (e *LifeError) Error() string {
	return fmt.Sprintf("it lives for %s, and %s was asked for", expiration.String(e.Life.Round(time.Second)),
		expiration.String(e.Asked))
}

// Issue has a node issue a certificate, and returns the talosconfig with it. The endpoints are asked one after another,
// until one answers.
func (c *Config) Issue(ctx context.Context, r Request) (*Config, error) {
	var unreachable error
	for _, endpoint := range c.Endpoints {
		issued, err := c.issueAt(ctx, endpoint, r)
		if err == nil {
			return issued, nil
		}
		err = fmt.Errorf("%s: %w", endpoint, err)
		status, answered := errors.AsType[*StatusError](err)
		if ctx.Err() != nil || errors.Is(err, ErrRefused) || answered && status.Code != codeUnavailable {
			return nil, err
		}
		unreachable = errors.Join(unreachable, err)
	}
	return nil, unreachable
}

func (c *Config) issueAt(ctx context.Context, endpoint string, r Request) (*Config, error) {
	host, err := address(endpoint)
	if err != nil {
		return nil, err
	}
	client := c.client()
	defer client.CloseIdleConnections()
	header := http.Header{"User-Agent": {r.UserAgent}}
	if c.Cluster != "" {
		header.Set("Context", c.Cluster) // as talosctl does
	}
	answer, err := call(ctx, client, host, generate, header, r.encode())
	if err != nil {
		return nil, err
	}
	defer clear(answer)
	crt, key, err := decode(answer)
	if err != nil {
		return nil, err
	}
	issued := *c
	// Its own talosconfig and authorities, which the answer has too, are not taken: what was trusted before is.
	if issued.credential, err = readCredential(c.ca, crt, key); err == nil {
		err = issued.checkIssued(c, r)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return &issued, nil
}

// client talks to the nodes alone: it trusts their authorities, and nobody else's.
func (c *Config) client() *http.Client {
	return &http.Client{
		Timeout: callTime,
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: connectTime}).DialContext,
			TLSHandshakeTimeout: connectTime,
			ForceAttemptHTTP2:   true,
			TLSClientConfig: &tls.Config{
				MinVersion: tls.VersionTLS12, RootCAs: c.roots,
				// Not Certificates, of which none is sent to a server that names other authorities.
				GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
					return &c.pair, nil
				},
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// checkIssued compares a certificate with what was asked for.
func (c *Config) checkIssued(administrator *Config, r Request) error {
	now := r.Now()
	got := slices.Sorted(slices.Values(c.leaf.Subject.Organization))
	want := slices.Sorted(slices.Values(r.Roles))
	life := c.leaf.NotAfter.Sub(c.leaf.NotBefore)
	switch {
	case c.leaf.IsCA:
		return errors.New("it is one of an authority")
	case !c.signed():
		return errors.New("it is not one for clients that the ca of the talosconfig has signed")
	case c.leaf.Equal(administrator.leaf) || string(c.key) == string(administrator.key):
		return errors.New("it is the administrator's own")
	case !slices.Equal(got, want):
		return fmt.Errorf("it has the roles %.200q, and %q were asked for", got, want)
	case life > r.TTL+tolerance, c.leaf.NotAfter.After(now.Add(r.TTL + clocks)):
		return &LifeError{r.TTL, max(life, c.leaf.NotAfter.Sub(now))}
	case !c.leaf.NotAfter.After(now):
		return fmt.Errorf("it expired at %s, and the clock of this machine says %s: one of the clocks is wrong",
			c.leaf.NotAfter.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return nil
}

// NotAfter is when the certificate ends.
func (c *Config) NotAfter() time.Time { return c.leaf.NotAfter }

// Short reports whether the certificate lives noticeably shorter than was asked for, as an authority that ends soon
// would have it.
func (c *Config) Short(ttl time.Duration) bool {
	return c.leaf.NotAfter.Sub(c.leaf.NotBefore) < ttl-tolerance
}

// Numbers of the fields of the messages [machine.proto, google/protobuf/duration.proto, common.proto].
const (
	requestRoles, requestTTL      = 1, 2
	durationSeconds, nanos        = 1, 2
	responseMessages              = 1
	messageMetadata               = 1
	messageCrt, messageKey        = 3, 4
	metadataHost, metadataFailure = 1, 2
)

func (r Request) encode() []byte {
	var b, ttl []byte
	for _, role := range r.Roles {
		b = protowire.AppendTag(b, requestRoles, protowire.BytesType)
		b = protowire.AppendString(b, role)
	}
	ttl = protowire.AppendTag(ttl, durationSeconds, protowire.VarintType)
	ttl = protowire.AppendVarint(ttl, uint64(r.TTL/time.Second))
	b = protowire.AppendTag(b, requestTTL, protowire.BytesType)
	return protowire.AppendBytes(b, ttl)
}

// decode returns the certificate and the key of an answer.
func decode(answer []byte) (crt, key []byte, err error) {
	messages, err := fields(answer, responseMessages)
	if err != nil {
		return nil, nil, err
	}
	if n := len(messages[responseMessages]); n != 1 {
		return nil, nil, fmt.Errorf("%d nodes answered instead of one", n)
	}
	message, err := fields(messages[responseMessages][0], messageMetadata, messageCrt, messageKey)
	if err != nil {
		return nil, nil, err
	}
	for _, metadata := range message[messageMetadata] {
		of, err := fields(metadata, metadataHost, metadataFailure)
		if err != nil {
			return nil, nil, err
		}
		for _, failure := range of[metadataFailure] {
			if len(failure) > 0 {
				return nil, nil, fmt.Errorf("the node said: %.300s", failure)
			}
		}
	}
	if len(message[messageCrt]) != 1 || len(message[messageKey]) != 1 {
		return nil, nil, errMalformed
	}
	return message[messageCrt][0], message[messageKey][0], nil
}

// fields are the values of those fields of a message that are wanted. They must be texts, bytes or messages.
func fields(message []byte, wanted ...protowire.Number) (map[protowire.Number][][]byte, error) {
	found := map[protowire.Number][][]byte{}
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return nil, errMalformed
		}
		message = message[n:]
		if !slices.Contains(wanted, number) {
			if n = protowire.ConsumeFieldValue(number, kind, message); n < 0 {
				return nil, errMalformed
			}
			message = message[n:]
			continue
		}
		if kind != protowire.BytesType {
			return nil, errMalformed
		}
		value, n := protowire.ConsumeBytes(message)
		if n < 0 {
			return nil, errMalformed
		}
		found[number] = append(found[number], slices.Clone(value))
		message = message[n:]
	}
	return found, nil
}
