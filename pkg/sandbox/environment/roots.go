package environment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// withSystemRoots returns ca together with the certificate authorities that Go programs trust on this system, since
// SSL_CERT_FILE replaces those. The inherited value of that variable goes first.
func withSystemRoots(ca []byte, inherited string) ([]byte, error) {
	candidates := []string{
		inherited,
		"/etc/ssl/certs/ca-certificates.crt", // as in crypto/x509's root_linux.go
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
		"/etc/ssl/cert.pem",
	}
	for _, path := range candidates {
		if path == "" {
			continue
		}
		system, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the system's certificate authorities: %w", err)
		}
		return slices.Concat(ca, []byte("\n"), system), nil
	}
	return ca, nil
}
