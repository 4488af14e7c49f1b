package edgeclusters

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"
)

// pair is a certificate and its key, PEM.
type pair struct {
	Cert string `json:"cert"`
	Key  string `json:"key"`
}

// authority signs certificates. Like those of Talos it is one for servers and clients.
type authority struct {
	pair
	cert *x509.Certificate
	key  crypto.Signer
}

// year is how long Talos' administrators' certificates live.
const year = 365 * 24 * time.Hour

// newAuthority makes one for Kubernetes (ECDSA) or for Talos (Ed25519), as Talos does.
func newAuthority(organization string, newKey func() (crypto.Signer, string, error)) (*authority, error) {
	key, keyPEM, err := newKey()
	if err != nil {
		return nil, fmt.Errorf("make CA key: %w", err)
	}
	template := template(pkix.Name{Organization: []string{organization}}, 10*year)
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make CA certificate: %w", err)
	}
	return parseAuthority(pair{certPEM(der), keyPEM})
}

func parseAuthority(p pair) (*authority, error) {
	block, _ := pem.Decode([]byte(p.Cert))
	keyBlock, _ := pem.Decode([]byte(p.Key))
	if block == nil || keyBlock == nil {
		return nil, errors.New("read a certificate authority: it is not PEM")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("the key of a certificate authority is a %T", key)
	}
	return &authority{pair: p, cert: cert, key: signer}, nil
}

// client issues a certificate for a client, with a key like the authority's own. A negative life has passed.
func (a *authority) client(subject pkix.Name, life time.Duration) (pair, error) {
	t := template(subject, life)
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return a.issue(t)
}

// server issues a certificate for a server of these names and addresses.
func (a *authority) server(hosts ...string) (pair, error) {
	t := template(pkix.Name{CommonName: hosts[0]}, year)
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, host)
		}
	}
	return a.issue(t)
}

func (a *authority) issue(template *x509.Certificate) (pair, error) {
	newKey := ecdsaKey
	if _, ok := a.key.(ed25519.PrivateKey); ok {
		newKey = ed25519Key
	}
	key, keyPEM, err := newKey()
	if err != nil {
		return pair{}, fmt.Errorf("make a key: %w", err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return pair{}, fmt.Errorf("make a certificate: %w", err)
	}
	return pair{certPEM(der), keyPEM}, nil
}

func template(subject pkix.Name, life time.Duration) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62)) // crypto/rand does not fail
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial, Subject: subject, NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(life),
	}
}

func ecdsaKey() (crypto.Signer, string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, "", err
	}
	text, err := keyPEM("PRIVATE KEY", key)
	return key, text, err
}

// tokenKey makes the key of service accounts' tokens, in the form from which the API server takes a public key.
func tokenKey() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})), nil
}

// ed25519Key is PEM of the type that Talos gives such keys.
func ed25519Key() (crypto.Signer, string, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, "", err
	}
	text, err := keyPEM("ED25519 PRIVATE KEY", key)
	return key, text, err
}

func keyPEM(kind string, key any) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})), nil
}

func certPEM(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
