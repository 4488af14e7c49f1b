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
	bundle *Bundle
	extra  []byte // PEM, besides the system's
}

// newAuthorities reads and checks what Options add to the system's.
func newAuthorities(o Options) (authorities, error) {
	a := authorities{bundle: o.Bundle}
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
