package talosaccess

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
)

// maxAuthorities is more than a rotation of authorities leaves in a talosconfig.
const maxAuthorities = 16

// credential is a client certificate with its key, and the authorities of the machine API.
type credential struct {
	ca, crt, key []byte // PEM
	roots        *x509.CertPool
	leaf         *x509.Certificate
	pair         tls.Certificate
}

// readCredential reads PEM. Only the form is looked at, and that key and certificate belong together.
func readCredential(ca, crt, key []byte) (c credential, err error) {
	c = credential{ca: ca, crt: crt, key: key, roots: x509.NewCertPool()}
	authorities, err := certificates(ca)
	if err != nil || len(authorities) > maxAuthorities {
		return c, errors.New("its ca is not one or a few certificates in PEM")
	}
	for _, authority := range authorities {
		if !authority.IsCA {
			return c, errors.New("its ca is not that of a certificate authority")
		}
		c.roots.AddCert(authority)
	}
	leaves, err := certificates(crt)
	if err != nil || len(leaves) != 1 {
		return c, errors.New("its crt is not a certificate in PEM")
	}
	c.leaf = leaves[0]
	if block, rest := pem.Decode(key); block == nil || len(bytes.TrimSpace(rest)) > 0 {
		return c, errors.New("its key is not one in PEM")
	}
	if c.pair, err = tls.X509KeyPair(crt, key); err != nil {
		return c, errors.New("its crt and its key do not belong together")
	}
	return c, nil
}

// certificates are all there is in a text of PEM.
func certificates(text []byte) (found []*x509.Certificate, err error) {
	for len(bytes.TrimSpace(text)) > 0 {
		block, rest := pem.Decode(text)
		if block == nil || block.Type != "CERTIFICATE" {
			return nil, errors.New("there is something else than certificates")
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		found, text = append(found, certificate), rest
	}
	if len(found) == 0 {
		return nil, errors.New("there are no certificates")
	}
	return found, nil
}

// signed reports whether the certificate is a client's, and one of the authorities has signed it. Its own time does
// not count here: by which clock it lives is for the nodes to say.
func (c credential) signed() bool {
	_, err := c.leaf.Verify(x509.VerifyOptions{
		Roots: c.roots, CurrentTime: c.leaf.NotBefore, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	return err == nil
}
