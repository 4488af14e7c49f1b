package machineapi

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"sigs.k8s.io/yaml"
)

// talosVersion is that of the node, and of the talosctl that the tests run.
const talosVersion = "v1.13.0"

// metadata says which node an answer is of, where the call named nodes: a node that passes a call on adds it.
func metadata(r *http.Request) field {
	if nodes := r.Header.Values("Nodes"); len(nodes) > 0 {
		return field{1, message(field{1, nodes[0]})}
	}
	return field{1, []byte(nil)}
}

func (n *node) version(r *http.Request, _ []byte) ([][]byte, error) {
	info := message(field{1, talosVersion}, field{2, "sandbox"}, field{4, runtime.Version()}, field{5, "linux"},
		field{6, runtime.GOARCH})
	features := message(field{1, 1}) // role-based access control
	version := message(metadata(r), field{2, info}, field{3, message(field{1, "sandbox"}, field{2, "container"})},
		field{4, features})
	return [][]byte{message(field{1, version})}, nil
}

func (n *node) read(_ *http.Request, request []byte) ([][]byte, error) {
	if path := text(request, 1); path != "/etc/os-release" {
		return nil, &statusError{codeNotFound, "open " + path + ": no such file or directory"}
	}
	release := fmt.Sprintf("NAME=\"Talos\"\nID=talos\nVERSION_ID=%s\n", talosVersion)
	return [][]byte{message(field{2, []byte(release)})}, nil
}

func (n *node) reboot(r *http.Request, _ []byte) ([][]byte, error) {
	return [][]byte{message(field{1, message(metadata(r), field{2, "00000000-0000-4000-8000-000000000000"})})}, nil
}

// generate issues a certificate with the roles and for the time that are asked for; any name is a role.
func (n *node) generate(r *http.Request, request []byte) ([][]byte, error) {
	var roles []string
	names, _ := values(request, 1)
	for _, name := range names {
		if role := strings.TrimSpace(string(name)); role != "" && !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	slices.Sort(roles)
	ttl := duration(request, 2)
	fault := n.Fault()
	switch {
	case fault == worker:
		return nil, &statusError{codePrecondition, "generate client configuration is not supported on worker nodes"}
	case ttl <= 0:
		return nil, &statusError{codeInvalid, "crt_ttl should be positive"}
	case fault == ignoreTTL:
		ttl = 365 * 24 * time.Hour
	case fault == moreRoles:
		roles = append(roles, "os:admin")
	}
	begin, signer := time.Now(), n.authority
	if fault == expired {
		begin = begin.Add(-2 * ttl)
	}
	var err error
	if fault == otherCA {
		if signer, err = another(); err != nil {
			return nil, err
		}
	}
	issue := func() (certificate, key []byte, err error) {
		return signer.sign(&x509.Certificate{
			Subject: pkix.Name{Organization: roles}, NotBefore: begin, NotAfter: begin.Add(ttl),
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		})
	}
	certificate, key, err := issue()
	if err == nil && fault == otherKey {
		_, key, err = issue()
	}
	if err != nil {
		return nil, err
	}
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signer.certificate.Raw})
	config, err := talosconfig(n.Cluster, roles, ca, certificate, key)
	if err != nil {
		return nil, err
	}
	answer := message(metadata(r), field{2, ca}, field{3, certificate}, field{4, key}, field{5, config})
	return [][]byte{message(field{1, answer})}, nil
}

// talosconfig is one without endpoints, as nodes make them.
func talosconfig(cluster string, roles []string, ca, certificate, key []byte) ([]byte, error) {
	name := cluster
	if len(roles) == 1 {
		name = strings.TrimPrefix(roles[0], "os:") + "@" + cluster
	}
	encode := base64.StdEncoding.EncodeToString
	return yaml.Marshal(map[string]any{"context": name, "contexts": map[string]any{name: map[string]any{
		"endpoints": []string{}, "ca": encode(ca), "crt": encode(certificate), "key": encode(key),
	}}})
}

// duration is a google.protobuf.Duration.
func duration(message []byte, number protowire.Number) time.Duration {
	var total time.Duration
	durations, _ := values(message, number)
	for _, d := range durations {
		_, seconds := values(d, 1)
		_, nanos := values(d, 2)
		for _, s := range seconds {
			total += time.Duration(int64(s)) * time.Second
		}
		for _, n := range nanos {
			total += time.Duration(int32(n))
		}
	}
	return total
}
