package cluster

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"k8s.io/client-go/rest"
)

// identity is a client certificate whose key stays in this process. It is its own CA, which makes it the only one that
// the API server accepts in its place. One is the administrator that sets the cluster up, in the group that is above
// RBAC; the other is the authenticating proxy in front of it.
type identity struct {
	cert, key []byte // PEM
}

func newIdentity(name, group string) (*identity, error) {
	key, keyPEM, err := newKey()
	if err != nil {
		return nil, fmt.Errorf("make client key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().AddDate(1, 0, 0),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	if group != "" {
		template.Subject.Organization = []string{group}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make client certificate: %w", err)
	}
	return &identity{cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), key: keyPEM}, nil
}

// config returns the client configuration with which it reaches the API server.
func (b *identity) config(url string, serverCA []byte) *rest.Config {
	return &rest.Config{
		Host:            url,
		TLSClientConfig: rest.TLSClientConfig{CAData: serverCA, CertData: b.cert, KeyData: b.key},
		QPS:             -1, // no limit
		Timeout:         10 * time.Second,
	}
}
