package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// signingKey is an RSA key with its ID.
type signingKey struct {
	kid string
	key *rsa.PrivateKey
}

// keySet holds the keys of one issuer: it signs with the last, and publishes all.
type keySet struct {
	keys []signingKey
}

func newSigningKey() (signingKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return signingKey{}, fmt.Errorf("make signing key: %w", err)
	}
	return asSigningKey(key), nil
}

// asSigningKey gives a key its ID, which depends on the key alone.
func asSigningKey(key *rsa.PrivateKey) signingKey {
	sum := sha256.Sum256(key.N.Bytes())
	return signingKey{kid: base64.RawURLEncoding.EncodeToString(sum[:12]), key: key}
}

// keysOf returns the keys of an issuer, and makes the first one when there is none. The caller holds the lock.
func (s *Sandbox) keysOf(issuer string) (*keySet, error) {
	if set := s.keys[issuer]; set != nil {
		return set, nil
	}
	k, err := newSigningKey()
	if err != nil {
		return nil, err
	}
	s.changed = true
	s.keys[issuer] = &keySet{keys: []signingKey{k}}
	return s.keys[issuer], nil
}

// RotateSigningKey makes an issuer sign with a new key. The old ones stay published if keepOld is true; else tokens
// signed with them stop to verify as soon as verifiers fetch the keys again.
func (s *Sandbox) RotateSigningKey(issuer string, keepOld bool) error {
	k, err := newSigningKey()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = true
	set := s.keys[issuer]
	if set == nil || !keepOld {
		set = &keySet{}
		s.keys[issuer] = set
	}
	set.keys = append(set.keys, k)
	return nil
}

// sign makes an RS256 token of an issuer, which it names unless the claims name another. The caller holds the lock.
func (s *Sandbox) sign(issuer string, claims jwt.MapClaims) (string, error) {
	set, err := s.keysOf(issuer)
	if err != nil {
		return "", err
	}
	k := set.keys[len(set.keys)-1]
	if claims["iss"] == nil {
		claims["iss"] = issuer
	}
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	t.Header["kid"] = k.kid
	return t.SignedString(k.key)
}

// verify checks signature, issuer and time of an RS256 token of one of our issuers. The caller holds the lock.
func (s *Sandbox) verify(issuer, token string, also ...jwt.ParserOption) (jwt.MapClaims, error) {
	return s.verifyAt(s.now, issuer, token, also...)
}

// verifyAt is verify by another clock.
func (s *Sandbox) verifyAt(now func() time.Time, issuer, token string,
	also ...jwt.ParserOption) (jwt.MapClaims, error) {
	set, err := s.keysOf(issuer)
	if err != nil {
		return nil, err
	}
	claims := jwt.MapClaims{}
	_, err = jwt.ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) {
		for _, k := range set.keys {
			if k.kid == t.Header["kid"] {
				return k.key.Public(), nil
			}
		}
		return nil, fmt.Errorf("no key %q", t.Header["kid"])
	}, append(also, jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(issuer), jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(now))...)
	return claims, err
}

// jwks is a JSON Web Key Set (RFC 7517).
type jwks struct {
	Keys []jwk `json:"keys"`
}

type jwk struct {
	KeyType   string `json:"kty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	N         string `json:"n"`
	E         string `json:"e"`
}

// serveKeys answers with the public keys of an issuer.
func (s *Sandbox) serveKeys(w http.ResponseWriter, issuer string) {
	s.mu.Lock()
	set, err := s.keysOf(issuer)
	var out jwks
	if err == nil {
		for _, k := range set.keys {
			out.Keys = append(out.Keys, publicJWK(k.kid, &k.key.PublicKey, "RS256"))
		}
	}
	s.mu.Unlock()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, out)
}

func publicJWK(kid string, key *rsa.PublicKey, alg string) jwk {
	return jwk{KeyType: "RSA", Use: "sig", Algorithm: alg, KeyID: kid,
		N: base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		E: base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes())}
}
