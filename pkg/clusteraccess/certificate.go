package clusteraccess

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// personOf is the name of a principal of STACKIT in edge clusters: in certificates, and in their audit logs.
//
// It is attribution and not proof: anyone who may read the administrator's secret can write any name. The prefix keeps
// it from being one of Kubernetes' own, since a signer signs system:kube-controller-manager, too.
func personOf(principal string) (string, error) {
	switch {
	case principal == "":
		return "", errors.New("who is logged in is not known, and a credential of an edge cluster has a name on it")
	case len(principal) > 200 || strings.IndexFunc(principal, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0:
		return "", fmt.Errorf("the name of the login, %.60q, cannot be that of a certificate", principal)
	}
	return tokenrequest.GroupPrefix + principal, nil
}

// wish is a certificate that was asked for: the key never leaves this process, but in the cache and to the client.
type wish struct {
	subject pkix.Name
	life    time.Duration
	key     *ecdsa.PrivateKey
	request []byte // PKCS #10, PEM
}

func newWish(person string, g Grant, life time.Duration) (*wish, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	w := &wish{subject: pkix.Name{CommonName: person, Organization: []string{g.Group()}}, life: life, key: key}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: w.subject}, key)
	if err != nil {
		return nil, err
	}
	w.request = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
	return w, nil
}

// tolerance is by how much a certificate may outlive what was asked for.
const tolerance = time.Minute

// entry checks the certificates that a cluster answered at date, by its API server's clock, and makes of them what is
// cached. Received is the same moment by the clock of this machine.
//
// A certificate lives until its NotAfter by the clock of the API server, which alone looks at it. This machine's may be
// wrong, and what clients get to know is by this one: so it is the span that counts.
func (w *wish) entry(certificates []byte, date, received time.Time) (tokencache.Entry, error) {
	wrong := func(format string, args ...any) (tokencache.Entry, error) {
		return tokencache.Entry{}, fmt.Errorf("the cluster signed another certificate than was asked for: "+format,
			args...)
	}
	leaf, err := parseCertificates(certificates)
	if err != nil {
		return wrong("%w", err)
	}
	subject := pkix.Name{CommonName: leaf.Subject.CommonName, Organization: leaf.Subject.Organization}
	public, ok := leaf.PublicKey.(*ecdsa.PublicKey)
	switch {
	case !ok || !public.Equal(w.key.Public()):
		return wrong("it has another key")
	case subject.CommonName != w.subject.CommonName ||
		!slices.Equal(subject.Organization, w.subject.Organization) ||
		len(leaf.Subject.Names) != len(w.subject.Organization)+1:
		return wrong("its subject is %.200q", hint.Printable(leaf.Subject.String()))
	case leaf.IsCA:
		return wrong("it is an authority")
	case !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageClientAuth):
		return wrong("it is not for clients")
	}
	life := leaf.NotAfter.Sub(date)
	switch {
	case life > w.life+tolerance:
		return tokencache.Entry{}, signerError("it would be valid for %s although %s were asked for, and nobody "+
			"could end "+
			"it", expiration.String(life.Round(time.Second)), expiration.String(w.life))
	case life <= 0 || date.Before(leaf.NotBefore):
		return tokencache.Entry{}, skew(leaf, date)
	}
	der, err := x509.MarshalPKCS8PrivateKey(w.key)
	if err != nil {
		return tokencache.Entry{}, err
	}
	return tokencache.Entry{
		Certificate: string(normal(certificates)),
		PrivateKey:  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		Issued:      received, Expires: received.Add(life),
	}, nil
}

// skew is that the signer's clock and the API server's differ by more than a certificate lives.
func skew(leaf *x509.Certificate, date time.Time) error {
	return hint.Wrap(fmt.Errorf("the clocks of the cluster's control plane differ: the certificate is valid from %s "+
		"to %s, "+
		"and its API server has %s", leaf.NotBefore.UTC().Format(time.RFC3339),
		leaf.NotAfter.UTC().Format(time.RFC3339),
		date.UTC().Format(time.RFC3339)), "ask who manages the cluster to set its nodes' clocks (NTP)")
}

// maxCertificates bounds what a cluster may answer: the certificate, and intermediate ones.
const maxCertificates = 32 << 10

func parseCertificates(data []byte) (leaf *x509.Certificate, err error) {
	if len(data) > maxCertificates {
		return nil, errors.New("it is too large")
	}
	// Text before and after the blocks is allowed, by the documentation of CertificateSigningRequestStatus.
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			return nil, errors.New("it is not in PEM")
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, errors.New("it is not a certificate")
		}
		if leaf == nil {
			leaf = certificate
		}
	}
	if leaf == nil {
		return nil, errors.New("there is no certificate in it")
	}
	return leaf, nil
}

// normal is the PEM of certificates without what may stand between them.
func normal(data []byte) (out []byte) {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes})...)
	}
	return out
}

// CredentialID is what the audit logs of Kubernetes call the credential of e in the extra field
// authentication.kubernetes.io/credential-id: X509SHA256= and the SHA-256 of the certificate in DER
// (k8s.io/apiserver/pkg/authentication/request/x509), or JTI= and the id that a JWT has. It is "" where there is none.
func CredentialID(e tokencache.Entry) string {
	if block, _ := pem.Decode([]byte(e.Certificate)); block != nil {
		sum := sha256.Sum256(block.Bytes)
		return "X509SHA256=" + hex.EncodeToString(sum[:])
	}
	var claims struct {
		ID string `json:"jti"`
	}
	parts := strings.Split(e.Token, ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil || claims.ID == "" {
		return ""
	}
	return "JTI=" + claims.ID
}

// review asks the cluster's API server whom it takes the bearer of e for. What is wrong is found out here, before the
// credential is cached and every command fails with a bare 401.
func review(ctx context.Context, server kubeapi.Server, e tokencache.Entry, userAgent, name string,
	groups []string) error {
	who := kubeapi.Identity{Token: e.Token}
	if e.Certificate != "" {
		certificate, err := tls.X509KeyPair([]byte(e.Certificate), []byte(e.PrivateKey))
		if err != nil {
			return err
		}
		who = kubeapi.Identity{Certificate: &certificate}
	}
	client, err := kubeapi.New(server, who, userAgent)
	if err != nil {
		return err
	}
	defer client.Close()
	user, date, err := whoami(ctx, client)
	switch {
	case err != nil && isAnonymous(err.Error()), err == nil && user.Username == anonymous:
		return dropped(e)
	case apierrors.IsUnauthorized(err):
		return refused(e, date)
	case apierrors.IsForbidden(err) && strings.Contains(err.Error(), fmt.Sprintf("User %q cannot", name)):
		// Somebody took system:basic-user away, so that nobody may ask: the refusal says whom the server takes it for.
		return nil
	case err != nil:
		return fmt.Errorf("try the %s: %w", e.Kind(), err)
	case user.Username != name:
		return fmt.Errorf("try the %s: the cluster takes its bearer for %.80q, and not for %.80q", e.Kind(),
			hint.Printable(user.Username), name)
	}
	for _, group := range user.Groups {
		if !slices.Contains(groups, group) {
			return fmt.Errorf("try the %s: the cluster puts its bearer into the group %.80q", e.Kind(),
				hint.Printable(group))
		}
	}
	return nil
}

// whoami is whom the API server takes the client for, and when that was by its clock.
func whoami(ctx context.Context, client *kubeapi.Client) (authenticationv1.UserInfo, time.Time, error) {
	var answer authenticationv1.SelfSubjectReview
	answer.APIVersion, answer.Kind = authenticationv1.SchemeGroupVersion.String(), "SelfSubjectReview"
	date, err := client.Do(ctx, kubeapi.Call{Method: http.MethodPost,
		Path: []string{"apis", authenticationv1.GroupName, "v1", "selfsubjectreviews"}, Body: answer}, &answer)
	return answer.Status.UserInfo, date, err
}

const anonymous = "system:anonymous"

func isAnonymous(message string) bool { return strings.Contains(message, `"`+anonymous+`"`) }

// dropped is that the certificate did not arrive.
func dropped(e tokencache.Entry) error {
	if e.Certificate == "" {
		return errors.New("the cluster takes the bearer of the token for nobody: something in between drops it")
	}
	return &certificateError{"the cluster takes the bearer of the certificate for nobody: a proxy in front of it " +
		"ends TLS, and no certificate passes it"}
}

// refused explains a 401 at date.
func refused(e tokencache.Entry, date time.Time) error {
	if e.Certificate == "" {
		return errors.New("the cluster refuses the token that it has just made")
	}
	leaf, err := parseCertificates([]byte(e.Certificate))
	if err != nil {
		return err
	}
	if !date.IsZero() && (date.Before(leaf.NotBefore) || date.After(leaf.NotAfter)) {
		return skew(leaf, date)
	}
	return &certificateError{fmt.Sprintf("the cluster's API server does not accept the certificate that the cluster "+
		"has signed: it comes from %.80q, which is not one of its authorities for clients, or a proxy in front of it "+
		"drops certificates", hint.Printable(leaf.Issuer.String()))}
}
