package talosaccess_test

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

// pki is an authority of Talos, with what it signed.
type pki struct {
	certificate *x509.Certificate
	key         ed25519.PrivateKey
	pem, keyPEM []byte
}

func newPKI(t *testing.T) *pki {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &pki{key: key, keyPEM: keyPEM(t, key)}
	template := &x509.Certificate{
		Subject: pkix.Name{Organization: []string{"talos"}}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		SerialNumber: big.NewInt(1), KeyUsage: x509.KeyUsageCertSign,
	}
	p.certificate, p.pem = create(t, template, template, key.Public(), key)
	return p
}

func create(t *testing.T, template, parent *x509.Certificate, public any, key ed25519.PrivateKey) (*x509.Certificate,
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

func keyPEM(t *testing.T, key ed25519.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "ED25519 PRIVATE KEY", Bytes: der})
}

// client makes a certificate with its key; change may alter the template.
func (p *pki) client(t *testing.T, change func(*x509.Certificate)) (crt, key []byte) {
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
	_, crt = create(t, template, p.certificate, public, p.key)
	return crt, keyPEM(t, private)
}

// context is a talosconfig's context with the fields that are given.
type context map[string]any

// administrator is the context of an administrator.
func (p *pki) administrator(t *testing.T, endpoints ...string) context {
	t.Helper()
	crt, key := p.client(t, nil)
	return context{"endpoints": endpoints, "nodes": []string{"10.0.0.2"}, "ca": encoded(p.pem), "crt": encoded(crt),
		"key": encoded(key)}
}

func encoded(text []byte) string { return base64.StdEncoding.EncodeToString(text) }

func (c context) with(field string, value any) context {
	changed := context{}
	for name, v := range c {
		changed[name] = v
	}
	if changed[field] = value; value == nil {
		delete(changed, field)
	}
	return changed
}

// file is the talosconfig.
func (c context) file(t *testing.T) []byte {
	t.Helper()
	text, err := yaml.Marshal(map[string]any{"context": "berlin", "contexts": map[string]any{"berlin": c}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}
