package login

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// serviceAccountKey is the key file that STACKIT's API or portal returns once, as far as it is used.
type serviceAccountKey struct {
	Active       *bool      `json:"active,omitempty"`
	ValidUntil   *time.Time `json:"validUntil,omitempty"` // absent: no end
	KeyAlgorithm string     `json:"keyAlgorithm,omitempty"`
	PublicKey    string     `json:"publicKey,omitempty"`
	Credentials  struct {
		KeyID         string `json:"kid"`
		Issuer        string `json:"iss"` // the service account's e-mail address
		Subject       string `json:"sub"`
		Audience      string `json:"aud"`
		PrivateKey    string `json:"privateKey,omitempty"` // absent for key pairs of the user's own
		TokenEndpoint string `json:"tokenEndpoint,omitempty"`
	} `json:"credentials"`
}

// parseKey reads a key file; a non-empty privateKey is a PEM file whose key wins over the key file's. Its errors do not
// quote either.
func parseKey(data, privateKey []byte, now time.Time) (*serviceAccountKey, error) {
	data = bytes.TrimSpace(data)
	switch {
	case len(data) == 0:
		return nil, errors.New("it is empty")
	case bytes.HasPrefix(data, []byte("-----BEGIN")):
		return nil, hint.Wrap(errors.New("it is a PEM file, not the JSON key file"),
			"give the JSON file that STACKIT returned as the key, and a PEM file with the private key besides, if it "+
				"has none")
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(data, &members) != nil {
		return nil, notAKey("it is not a JSON object")
	}
	if _, ok := members["credentials"]; !ok {
		return nil, notAKey(lookalike(members))
	}
	key := &serviceAccountKey{}
	if err := json.Unmarshal(data, key); err != nil {
		if field, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, notAKey(fmt.Sprintf("its member %s has the wrong type", field.Field))
		}
		return nil, notAKey("a member has a value of the wrong form")
	}
	if len(bytes.TrimSpace(privateKey)) > 0 {
		key.Credentials.PrivateKey = string(privateKey)
	}
	if err := key.check(now); err != nil {
		return nil, err
	}
	return key, nil
}

func notAKey(reason string) error {
	return hint.Wrap(errors.New(reason), "want the JSON file that STACKIT returned when the service account key was "+
		"created")
}

// lookalike names what a JSON file is that was taken for a key.
func lookalike(members map[string]json.RawMessage) string {
	has := func(name string) bool { _, ok := members[name]; return ok }
	switch {
	case has(envcredential.ServiceAccountKeyPath.String()), has(envcredential.ServiceAccountKey.String()),
		has(envcredential.ServiceAccountToken.String()):
		return "it is a STACKIT credentials file, not a key"
	case has("kind"), has("apiVersion"):
		return "it is a Kubernetes object or kubeconfig, not a key"
	case has("private_key_id"):
		return "it is a Google service account key"
	default:
		return `it has no member "credentials"`
	}
}

func (k *serviceAccountKey) check(now time.Time) error {
	for _, member := range []struct{ name, value string }{
		{"kid", k.Credentials.KeyID}, {"iss", k.Credentials.Issuer}, {"sub", k.Credentials.Subject},
		{"aud", k.Credentials.Audience},
	} {
		if member.value == "" {
			return notAKey("its member credentials." + member.name + " is missing")
		}
	}
	if k.Active != nil && !*k.Active {
		return hint.Wrap(errors.New("the key is not active"), "activate it, or create another, in the STACKIT portal")
	}
	if k.ValidUntil != nil && k.ValidUntil.Before(now.Add(-minRemaining)) {
		return hint.Wrap(fmt.Errorf("the key expired at %s", k.ValidUntil.Format(time.RFC3339)),
			"create another in the STACKIT portal")
	}
	private, err := k.privateKey()
	if err != nil {
		return err
	}
	// A public key of another form says nothing; the token endpoint decides.
	if block, _ := pem.Decode([]byte(k.PublicKey)); block != nil {
		if public, err := x509.ParsePKIXPublicKey(block.Bytes); err == nil && !private.PublicKey.Equal(public) {
			return hint.Wrap(errors.New("the private key does not belong to the key file's public key"),
				"give the PEM file of the key pair whose public key was uploaded")
		}
	}
	return nil
}

func (k *serviceAccountKey) privateKey() (*rsa.PrivateKey, error) {
	if k.Credentials.PrivateKey == "" {
		return nil, hint.Wrap(errors.New("it holds no private key: it belongs to a key pair of your own"),
			"give the PEM file with the private key besides: --private-key FILE")
	}
	block, _ := pem.Decode([]byte(k.Credentials.PrivateKey))
	switch {
	case block == nil:
		return nil, errors.New("the private key is not in PEM form")
	case block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "":
		return nil, hint.Wrap(errors.New("the private key is protected by a password"),
			"decrypt it first: openssl pkey -in FILE -out FILE")
	case block.Type == "PUBLIC KEY" || block.Type == "CERTIFICATE":
		return nil, fmt.Errorf("a private key is needed, and this is a %s", block.Type)
	}
	private, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(k.Credentials.PrivateKey))
	if err != nil {
		return nil, errors.New("the private key is not a valid RSA key: STACKIT takes RSA_2048 and RSA_4096")
	}
	return private, nil
}

// String does not reveal the private key.
func (k *serviceAccountKey) String() string { return "service account key " + k.Credentials.KeyID }

// GoString does not reveal the private key.
func (k *serviceAccountKey) GoString() string { return k.String() }

// assertionLifetime is that of the documentation's sample; the SDK takes an hour.
const assertionLifetime = 10 * time.Minute

// assertion signs what is exchanged for an access token (RFC 7523). It is dated back, for a token endpoint whose clock
// is behind ours.
func (k *serviceAccountKey) assertion(now time.Time) (string, error) {
	private, err := k.privateKey()
	if err != nil {
		return "", err
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS512, jwt.MapClaims{
		"iss": k.Credentials.Issuer,
		"sub": k.Credentials.Subject,
		"aud": k.Credentials.Audience,
		"jti": newUUID(),
		"iat": jwt.NewNumericDate(now.Add(-minRemaining)),
		"exp": jwt.NewNumericDate(now.Add(assertionLifetime)),
	})
	token.Header["kid"] = k.Credentials.KeyID
	return token.SignedString(private)
}

// publicTokenURL is where a service account key is exchanged that names no place itself.
const publicTokenURL = "https://service-account.api.stackit.cloud/token"

// tokenURLOfAudience is the token endpoint that belongs to a public service's audience, or "": one that gets an
// assertion for another rejects it.
func tokenURLOfAudience(audience string) string {
	switch audience {
	case "https://accounts.stackit.cloud":
		return "https://accounts.stackit.cloud/oauth/v2/token"
	case "https://service-account.api.stackit.cloud":
		return publicTokenURL
	}
	return ""
}

// newUUID is a random UUID (RFC 9562, section 5.4): what the SDK sends for jti. A module is more than one identifier is
// worth.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
