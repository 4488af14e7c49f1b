// Package machineapitest runs the machine API of a Talos node for a test, with an authority and an administrator.
package machineapitest

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// Authority is one of Talos: it signs the certificates of nodes and of clients.
type Authority struct {
	certificate *x509.Certificate
	key         ed25519.PrivateKey
	PEM, KeyPEM []byte
}

// NewAuthority makes one.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &Authority{key: key, KeyPEM: keyPEM(t, key)}
	template := &x509.Certificate{
		Subject: pkix.Name{Organization: []string{"talos"}}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		SerialNumber: big.NewInt(1), KeyUsage: x509.KeyUsageCertSign,
	}
	a.certificate, a.PEM = create(t, template, template, key.Public(), key)
	return a
}

func create(t testing.TB, template, parent *x509.Certificate, public any, key ed25519.PrivateKey) (*x509.Certificate,
	[]byte) {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func keyPEM(t testing.TB, key ed25519.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "ED25519 PRIVATE KEY", Bytes: der})
}

// Client makes a certificate with its key; change may alter the template.
func (a *Authority) Client(t testing.TB, change func(*x509.Certificate)) (crt, key []byte) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		Subject: pkix.Name{Organization: []string{"os:admin"}}, SerialNumber: big.NewInt(2),
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(template)
	}
	_, crt = create(t, template, a.certificate, public, a.key)
	return crt, keyPEM(t, private)
}

// ClientUntil is Client for a certificate that ends then.
func (a *Authority) ClientUntil(t testing.TB, end time.Time) (crt, key []byte) {
	t.Helper()
	return a.Client(t, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = end.Add(-time.Hour), end })
}

// Context is a talosconfig's context with the fields that are given.
type Context map[string]any

// Administrator is the context of an administrator.
func (a *Authority) Administrator(t testing.TB, endpoints ...string) Context {
	t.Helper()
	crt, key := a.Client(t, nil)
	return Context{"endpoints": endpoints, "nodes": []string{"10.0.0.2"}, "ca": Encoded(a.PEM), "crt": Encoded(crt),
		"key": Encoded(key)}
}

// Encoded is text as a talosconfig has it.
func Encoded(text []byte) string { return base64.StdEncoding.EncodeToString(text) }

// With is the context with another value of a field, or without the field.
func (c Context) With(field string, value any) Context {
	changed := Context{}
	for name, v := range c {
		changed[name] = v
	}
	if changed[field] = value; value == nil {
		delete(changed, field)
	}
	return changed
}

// File is the talosconfig.
func (c Context) File(t testing.TB) []byte {
	t.Helper()
	text, err := yaml.Marshal(map[string]any{"context": "berlin", "contexts": map[string]any{"berlin": c}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}
