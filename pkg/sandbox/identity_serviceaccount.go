package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"k8s.io/apimachinery/pkg/util/uuid"
)

// serviceAccountKey is the key file that STACKIT hands out once.
type serviceAccountKey struct {
	ID           string                `json:"id"`
	PublicKey    string                `json:"publicKey"`
	CreatedAt    time.Time             `json:"createdAt"`
	KeyType      string                `json:"keyType"`
	KeyOrigin    string                `json:"keyOrigin"`
	KeyAlgorithm string                `json:"keyAlgorithm"`
	Active       bool                  `json:"active"`
	Credentials  serviceAccountKeyPair `json:"credentials"`
}

type serviceAccountKeyPair struct {
	KeyID         string `json:"kid"`
	Issuer        string `json:"iss"`
	Subject       string `json:"sub"`
	Audience      string `json:"aud"`
	PrivateKey    string `json:"privateKey"`
	TokenEndpoint string `json:"tokenEndpoint"`
}

// ServiceAccountKey returns the key file of AdminServiceAccount.
func (s *Sandbox) ServiceAccountKey() []byte {
	key, err := s.ServiceAccountKeyOf(AdminServiceAccount)
	if err != nil {
		panic(err) // the account exists, and crypto/rand does not fail
	}
	return key
}

// ServiceAccountKeyOf returns the key file of a service account: JSON with the private key in it. It is made at the
// first call and stays the same.
func (s *Sandbox) ServiceAccountKeyOf(email string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[email]
	if a == nil || !a.machine {
		return nil, fmt.Errorf("service account key of %q: no such service account", email)
	}
	if a.key == nil {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, fmt.Errorf("make service account key: %w", err)
		}
		s.changed = true
		a.key, a.kid, a.keyCreated = key, string(uuid.NewUUID()), s.now().UTC().Truncate(time.Second)
	}
	private, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return nil, fmt.Errorf("encode service account key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(a.key.Public())
	if err != nil {
		return nil, fmt.Errorf("encode service account key: %w", err)
	}
	return json.MarshalIndent(serviceAccountKey{
		ID:           a.kid,
		PublicKey:    string(pemBlock("PUBLIC KEY", public)),
		CreatedAt:    a.keyCreated,
		KeyType:      "USER_MANAGED",
		KeyOrigin:    "GENERATED",
		KeyAlgorithm: "RSA_2048",
		Active:       true,
		Credentials: serviceAccountKeyPair{
			KeyID:         a.kid,
			Issuer:        a.email,
			Subject:       a.subject,
			Audience:      a.audience,
			PrivateKey:    string(pemBlock("PRIVATE KEY", private)),
			TokenEndpoint: a.tokenEndpoint,
		},
	}, "", "  ")
}

// RevokeServiceAccountKey deletes the key of a service account. The next ServiceAccountKeyOf makes another.
func (s *Sandbox) RevokeServiceAccountKey(email string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[email]; a != nil {
		a.key, a.kid = nil, ""
	}
}

func (s *Sandbox) routeServiceAccounts() {
	s.mux.HandleFunc("POST /service-account/token", s.oauth(s.serviceAccountToken))
	s.mux.HandleFunc("GET /service-account/v2/service-accounts/public/jwk/{email}", s.serviceAccountPublicKey)
}

// serviceAccountToken is the token endpoint of service account keys. Its audience is another than the identity
// provider's, and its answer to an unknown key too.
func (s *Sandbox) serviceAccountToken(r *http.Request) (int, any) {
	if r.PostFormValue("grant_type") != GrantJWTBearer {
		return s.refuse("unsupported_grant_type")
	}
	a, err := s.redeemAssertion(r.PostFormValue("assertion"), s.base+"/service-account")
	if unknown := (unknownKeyError{}); errors.As(err, &unknown) {
		s.stats.Failed["unknown_key"]++
		return http.StatusNotFound, pathError(r, s.now(), http.StatusNotFound, unknown.Error())
	}
	if err != nil {
		return s.refuse("invalid_grant")
	}
	return s.machineToken(a, GrantJWTBearer)
}

// unknownKeyError has the text that the SDK looks for.
type unknownKeyError struct{ kid string }

func (e unknownKeyError) Error() string { return fmt.Sprintf("Key with kid %s was not found", e.kid) }

// assertionLeeway is by how much the clock of the one who signs an assertion may differ.
const assertionLeeway = time.Minute

// redeemAssertion checks an RS512 assertion against the key it names, and that it is meant for audience, once. The
// caller holds the lock.
func (s *Sandbox) redeemAssertion(assertion, audience string) (*account, error) {
	var a *account
	claims := jwt.RegisteredClaims{}
	_, err := jwt.ParseWithClaims(assertion, &claims, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		for _, candidate := range s.accounts {
			if candidate.kid != "" && candidate.kid == kid {
				a = candidate
				return a.key.Public(), nil
			}
		}
		return nil, unknownKeyError{kid}
	}, jwt.WithValidMethods([]string{"RS512"}), jwt.WithAudience(audience), jwt.WithExpirationRequired(),
		jwt.WithLeeway(assertionLeeway), jwt.WithTimeFunc(s.now))
	if err != nil {
		return nil, err
	}
	if claims.Issuer != a.email || claims.Subject != a.subject {
		return nil, errors.New("issuer or subject is not the key's")
	}
	return a, s.useOnce(claims.ID, claims.ExpiresAt.Time)
}

// useOnce remembers the ID of an assertion until it expires, and refuses the second use.
func (s *Sandbox) useOnce(id string, expires time.Time) error {
	s.prune()
	if id == "" {
		return errors.New("assertion without jti")
	}
	if _, used := s.assertion[id]; used {
		return errors.New("assertion used before")
	}
	s.assertion[id] = expires
	return nil
}

// machineToken answers a token request of a service account, and counts it. There is no refresh token: the SDK would
// parse it as a JWT.
func (s *Sandbox) machineToken(a *account, grantType string) (int, any) {
	token, err := s.accessToken(a, "")
	if err != nil {
		return http.StatusInternalServerError, oauthError("server_error")
	}
	s.stats.Exchanges[grantType]++
	return http.StatusOK, tokenResponse{AccessToken: token, TokenType: "Bearer", Scope: "openid email",
		ExpiresIn: int64(time.Duration(s.settings.AccessTokenLifetime) / time.Second)}
}

func (s *Sandbox) serviceAccountPublicKey(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	set := jwks{Keys: []jwk{}}
	if a := s.accounts[r.PathValue("email")]; a != nil && a.key != nil {
		set.Keys = append(set.Keys, publicJWK(a.kid, &a.key.PublicKey, "RS512"))
	}
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, set)
}
