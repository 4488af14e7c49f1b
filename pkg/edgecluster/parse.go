package edgecluster

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/edgetoken"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/plainyaml"
)

// parseAdministrator reads the kubeconfig of an administrator, which may be anybody's: it is what the secret's writers
// say. It returns the reason why it is not taken, which never quotes a value.
func parseAdministrator(data []byte) (*Administrator, string) {
	var document any
	if err := plainyaml.Unmarshal(data, &document); err != nil {
		return nil, "its kubeconfig is not taken: " + err.Error()
	}
	f, err := kubeconfig.ReadForeign(document)
	if err != nil {
		return nil, err.Error()
	}
	a := &Administrator{Address: Address{f.Server, f.CAData}, certificate: f.Certificate, key: f.Key, token: f.Token}
	if _, err := caHash(a.CAData); err != nil {
		return nil, "certificate-authority-data of the kubeconfig: " + err.Error()
	}
	return a, a.checkCredential()
}

// checkCredential looks at the administrator's certificate and key, or token, without regard to the time. With both,
// clients send both, and an API server goes by the certificate.
func (a *Administrator) checkCredential() string {
	hasCertificate, hasKey := len(a.certificate) > 0, len(a.key) > 0
	switch {
	case !hasCertificate && !hasKey && a.token == "":
		return "the kubeconfig has neither a certificate nor a token"
	case !hasCertificate && !hasKey:
		if !edgetoken.WellFormed(a.token) {
			return "what the kubeconfig has for a token is not one"
		}
		return ""
	case !hasCertificate:
		return "half renewed: the kubeconfig has a key without its certificate"
	case !hasKey:
		return "half renewed: the kubeconfig has a certificate without its key"
	}
	a.token = ""
	if reason := keyReason(a.key); reason != "" {
		return reason
	}
	// It passes over what stands before a certificate or key, such as the parameters of its curve (openssl ecparam).
	pair, err := tls.X509KeyPair(a.certificate, a.key)
	switch {
	case err == nil:
		a.NotAfter = pair.Leaf.NotAfter
		return ""
	case !isCertificate(a.certificate):
		return "client-certificate-data of the kubeconfig is not a PEM certificate"
	case strings.Contains(err.Error(), "does not match"): // the only sign that crypto/tls gives
		return "half renewed: certificate and key in the kubeconfig do not belong together"
	}
	return "client-key-data of the kubeconfig is not a key that can be read"
}

// keyReason says why there is no key in text that can be used, or "".
func keyReason(text []byte) string {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue
		}
		if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
			return "client-key-data of the kubeconfig is locked with a passphrase"
		}
		return ""
	}
	return "client-key-data of the kubeconfig is not a PEM key"
}

// isCertificate reports whether the first certificate in text can be read.
func isCertificate(text []byte) bool {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			_, err := x509.ParseCertificate(block.Bytes)
			return err == nil
		}
	}
	return false
}
