package audit

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/kubectl-edge/kubectl-edge/pkg/jwtclaims"
	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// Masters is the group that may do everything in a cluster, whatever its roles and bindings say.
const Masters = "system:masters"

// certificateOf is the certificate beside a private key: of a user, or of a context of a talosconfig; nil if there is
// none that can be read.
func (s secret) certificateOf() *x509.Certificate {
	switch {
	case s.kind == ClientKey && s.user != nil:
		return certificateIn(s.user, "client-certificate-data")
	case s.kind == Talosconfig && s.talos != nil:
		return certificateIn(s.talos, "crt")
	}
	return nil
}

func certificateIn(n *yaml.Node, key string) *x509.Certificate {
	value := yamledit.Get(n, key)
	if value == nil {
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(withoutSpace(textOf(value)))
	if err != nil {
		return nil
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil
	}
	return certificate
}

// expires is when the secret ends: a JWT says so itself, of a private key its certificate does.
func (s secret) expires() time.Time {
	if certificate := s.certificateOf(); certificate != nil {
		return certificate.NotAfter.UTC()
	}
	return jwtclaims.Read(jwtIn(s.node.Value)).Expires.UTC()
}

// opens is what the secret opens, as far as it says so itself, and whether that is all of a cluster.
func (s secret) opens() (what string, everything bool) {
	if certificate := s.certificateOf(); certificate != nil {
		groups := certificate.Subject.Organization
		switch {
		case s.kind == Talosconfig:
			return "the machines of a Talos cluster, by " + list(groups), slices.Contains(groups, "os:admin")
		case slices.Contains(groups, Masters):
			return "everything in its cluster, by group " + Masters, true
		case len(groups) > 0:
			return "its cluster" + as(certificate.Subject.CommonName) + ", by " + list(groups), false
		}
		return "its cluster" + as(certificate.Subject.CommonName), false
	}
	subject := jwtclaims.Read(jwtIn(s.node.Value)).Subject
	if s.kind == Token && strings.HasPrefix(subject, "system:serviceaccount:") { // else it may be anything
		return "its cluster" + as(subject), false
	}
	return "", false
}

// What is what the finding opens, by the name of the edge cluster where that is known.
func (f Finding) What() string {
	if f.Cluster == "" {
		return f.Opens
	}
	return strings.NewReplacer("its cluster", f.Cluster, "a Talos cluster", f.Cluster).Replace(f.Opens)
}

func as(name string) string {
	if name == "" {
		return ""
	}
	return " as " + clean(name)
}

func list(names []string) string {
	if len(names) == 0 {
		return "no role"
	}
	cleaned := []string{}
	for _, name := range names {
		cleaned = append(cleaned, clean(name))
	}
	return strings.Join(cleaned, ", ")
}

// clean is a name out of a certificate or a token as it can be shown: both can be anybody's.
func clean(name string) string {
	if len(name) > 128 {
		name = name[:128] + "…"
	}
	return Shown(name)
}

// clusters are the clusters of a kubeconfig by the users of its contexts: of each user the first.
type clusters map[string]*yaml.Node

func clustersOf(root *yaml.Node) clusters {
	byName := map[string]*yaml.Node{}
	for _, item := range sequence(fields(root, "clusters")) {
		if content := yamledit.Get(item, "cluster"); content != nil && byName[nameOf(item)] == nil {
			byName[nameOf(item)] = yamledit.Resolve(content)
		}
	}
	byUser := clusters{}
	for _, item := range sequence(fields(root, "contexts")) {
		context := yamledit.Get(item, "context")
		if context == nil {
			continue
		}
		user, cluster := "", ""
		if n := yamledit.Get(yamledit.Resolve(context), "user"); n != nil {
			user = textOf(n)
		}
		if n := yamledit.Get(yamledit.Resolve(context), "cluster"); n != nil {
			cluster = textOf(n)
		}
		if content := byName[cluster]; content != nil && byUser[user] == nil {
			byUser[user] = content
		}
	}
	return byUser
}

// where is the server that a secret is used with, and its authorities in PEM: of a talosconfig those of its machines.
func (c clusters) where(s secret) (server string, authorities []byte) {
	if s.kind == Talosconfig && s.talos != nil {
		for _, endpoint := range sequence(fields(s.talos, "endpoints")) {
			server = Shown(textOf(endpoint))
			break
		}
		return server, decodedAt(s.talos, "ca")
	}
	cluster := c[s.name]
	if s.user == nil || cluster == nil || s.kind != ClientKey && s.kind != Token {
		return "", nil
	}
	if n := yamledit.Get(cluster, "server"); n != nil {
		server = Shown(textOf(n))
	}
	return server, decodedAt(cluster, "certificate-authority-data")
}

func decodedAt(n *yaml.Node, key string) []byte {
	value := yamledit.Get(n, key)
	if value == nil {
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(withoutSpace(textOf(value)))
	if err != nil {
		return nil
	}
	return data
}

// SameAuthority reports whether two texts of PEM share a certificate: authorities are rotated one by one.
func SameAuthority(a, b []byte) bool {
	for block, rest := pem.Decode(a); block != nil; block, rest = pem.Decode(rest) {
		for other, more := pem.Decode(b); other != nil; other, more = pem.Decode(more) {
			if block.Type == "CERTIFICATE" && other.Type == block.Type && bytes.Equal(block.Bytes, other.Bytes) {
				return true
			}
		}
	}
	return false
}
