package transport

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
)

// authorities are the certificate authorities that a client trusts. Nothing of the system's is read before it is
// needed.
type authorities struct {
	extra []byte // PEM, besides the system's
}

// newAuthorities reads and checks what Options add to the system's.
func newAuthorities(o Options) (authorities, error) {
	var a authorities
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return a, fmt.Errorf("read CA certificates: %w", err)
		}
		if !x509.NewCertPool().AppendCertsFromPEM(pem) {
			return a, fmt.Errorf("read CA certificates: %s holds no PEM certificate", o.CAFile)
		}
		a.extra = append(slices.Clip(pem), '\n')
	}
	if len(o.CAData) > 0 {
		if !x509.NewCertPool().AppendCertsFromPEM(o.CAData) {
			return a, errors.New("read CA certificates: the data holds no PEM certificate")
		}
		a.extra = append(a.extra, o.CAData...)
	}
	return a, nil
}

// bundle returns the authorities of the system's bundle, or nil where everything has to be read. Go's own pool takes
// the bundle and then, on most systems, the same hundred and more again from a folder with a file for each, which takes
// four times as long: longer than all else that a mint does on this machine.
func (a authorities) bundle() *x509.CertPool {
	if os.Getenv("SSL_CERT_DIR") != "" { // asks for a folder
		return nil
	}
	paths := bundles
	if path := os.Getenv("SSL_CERT_FILE"); path != "" && len(bundles) > 0 {
		paths = []string{path}
	}
	for _, path := range paths {
		pem, err := os.ReadFile(path)
		if err != nil {
			continue // as Go does
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil
		}
		pool.AppendCertsFromPEM(a.extra)
		return pool
	}
	return nil
}

// all returns every authority of the system, as Go has them; nil stands for just these, and is read at the first
// handshake.
func (a authorities) all() (*x509.CertPool, error) {
	if len(a.extra) == 0 {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("read the system's CA certificates: %w", err)
	}
	pool.AppendCertsFromPEM(a.extra)
	return pool, nil
}
