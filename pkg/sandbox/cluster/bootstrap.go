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

// bootstrap is the identity that sets the cluster up: a client certificate in the group that is above RBAC. Its key
// stays in this process. The certificate is its own CA, which makes it the only one that the API server accepts.
type bootstrap struct {
	cert, key []byte // PEM
}

func newBootstrap() (*bootstrap, error) {
	key, keyPEM, err := newKey()
	if err != nil {
		return nil, fmt.Errorf("make bootstrap key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "edge-sandbox", Organization: []string{"system:masters"}},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().AddDate(1, 0, 0),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make bootstrap certificate: %w", err)
	}
	return &bootstrap{cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), key: keyPEM}, nil
}

// config returns the client configuration with which bootstrap reaches the API server.
func (b *bootstrap) config(url string, serverCA []byte) *rest.Config {
	return &rest.Config{
		Host:            url,
		TLSClientConfig: rest.TLSClientConfig{CAData: serverCA, CertData: b.cert, KeyData: b.key},
		QPS:             -1, // no limit
		Timeout:         10 * time.Second,
	}
}
