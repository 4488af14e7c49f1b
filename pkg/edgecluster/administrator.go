package edgecluster

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// Address is where a cluster's API server is, and how it is known.
type Address struct {
	Server string `json:"server"` // URL
	CAData []byte `json:"ca"`     // PEM, of one or several authorities
}

// Administrator is the credential of a cluster's administrator, as its instance keeps it. It can do everything there,
// lives for a year by default and cannot be withdrawn: so it stays in memory, and is let go as soon as may be.
type Administrator struct {
	Address
	// NotAfter is when the certificate ends; it is zero for a token.
	NotAfter time.Time

	certificate, key []byte // PEM
	token            string
}

// Format hides the credential from every verb of package fmt.
func (a *Administrator) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, "administrator of "+a.Server)
}

// Kind is what the credential is: tokenrequest.Certificate or tokenrequest.Token.
func (a *Administrator) Kind() string {
	if a.token == "" {
		return tokenrequest.Certificate
	}
	return tokenrequest.Token
}

// CAHash identifies the authorities.
func (a Address) CAHash() string {
	hash, err := caHash(a.CAData)
	if err != nil {
		return "" // no Administrator is made of what has none
	}
	return hash
}

// ServerHash identifies the address of the cluster's API server: the SHA-256 of its URL, in hex.
func (a Address) ServerHash() string {
	sum := sha256.Sum256([]byte(a.Server))
	return hex.EncodeToString(sum[:])
}

// Client returns a client of the cluster's API server that asks as the administrator. It has to be closed.
func (a *Administrator) Client(userAgent string) (*kubeapi.Client, error) {
	who := kubeapi.Identity{Token: a.token}
	if a.token == "" {
		certificate, err := tls.X509KeyPair(a.certificate, a.key)
		if err != nil {
			return nil, err
		}
		who = kubeapi.Identity{Certificate: &certificate}
	}
	return kubeapi.New(kubeapi.Server{URL: a.Server, CA: a.CAData}, who, userAgent)
}

// Reveal returns the credential itself, for the one who asked to be given it: certificate and key in PEM, or a token.
func (a *Administrator) Reveal() (certificate, key []byte, token string) {
	return a.certificate, a.key, a.token
}

// caHash is the SHA-256, in hex, of the certificates in PEM, each in DER and in the order of the text. How the text is
// broken into lines, and what stands between certificates, does not change it.
func caHash(authorities []byte) (string, error) {
	h := sha256.New()
	n := 0
	for {
		block, rest := pem.Decode(authorities)
		if block == nil {
			break
		}
		if _, err := x509.ParseCertificate(block.Bytes); block.Type != "CERTIFICATE" || err != nil {
			return "", fmt.Errorf("what should be certificate authorities has something else in it")
		}
		h.Write(block.Bytes)
		authorities = rest
		n++
	}
	if n == 0 {
		return "", fmt.Errorf("there are no certificate authorities")
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// ReadAdministrator reads the credential of the cluster's administrator from the instance that config leads to. What is
// wrong with it is a SecretError.
func ReadAdministrator(ctx context.Context, config *rest.Config, c Cluster) (*Administrator, error) {
	value, err := secret(ctx, config, c, "-kubeconfig", "value")
	if err != nil {
		return nil, err
	}
	a, reason := parseAdministrator(value)
	if reason == "" && kubeconfig.SameServer(a.Server, config.Host) {
		reason = "the server in the kubeconfig is the instance's own"
	}
	if reason != "" {
		return nil, hint.Wrap(&SecretError{Cluster: c.Name, Reason: reason},
			"nothing was sent anywhere; ask who manages the instance what secret %s/%s-kubeconfig is", c.Namespace,
			c.Name)
	}
	return a, nil
}

// ReadTalos reads the administrator's talosconfig of the cluster. What it holds is for the reader to check.
func ReadTalos(ctx context.Context, config *rest.Config, c Cluster) ([]byte, error) {
	return secret(ctx, config, c, "-talosconfig", "talosconfig")
}
