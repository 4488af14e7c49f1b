package sandbox

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// workloadAssertion is STACKIT's own type, not RFC 7523's.
const workloadAssertion = "urn:schwarz:params:oauth:client-assertion-type:workload-jwt"

// WorkloadAudience is what workload tokens are for.
const WorkloadAudience = "sts.accounts.stackit.cloud"

// FederatedProvider is an issuer of workload tokens that a service account trusts.
type FederatedProvider struct {
	Issuer string
	// Claims must all be in a token with these values; of "aud", a list, one must match.
	Claims map[string]string
	// JWKS is the issuer's key set as JSON (RFC 7517), of which RSA keys count. Not needed for the sandbox's own
	// issuer.
	JWKS []byte
}

// Trust makes a service account trust an issuer of workload tokens, besides those it trusts already.
func (s *Sandbox) Trust(serviceAccount string, p FederatedProvider) error {
	if _, err := parseJWKS(p.JWKS); len(p.JWKS) > 0 && err != nil {
		return fmt.Errorf("trust issuer %q: %w", p.Issuer, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[serviceAccount]
	if a == nil || !a.machine {
		return fmt.Errorf("trust issuer %q: no service account %q", p.Issuer, serviceAccount)
	}
	a.federated = append(a.federated, p)
	return nil
}

// Distrust makes a service account trust no issuer of workload tokens any more.
func (s *Sandbox) Distrust(serviceAccount string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[serviceAccount]; a != nil {
		a.federated = nil
	}
}

// workloadToken is the client credentials grant with a workload's token as assertion.
func (s *Sandbox) workloadToken(r *http.Request) (int, any) {
	if r.PostFormValue("client_assertion_type") != workloadAssertion {
		return s.refuse("invalid_request")
	}
	a := s.accounts[r.PostFormValue("client_id")]
	if a == nil || !a.machine || !s.trusted(a, r.PostFormValue("client_assertion")) {
		return s.refuse("invalid_grant")
	}
	return s.machineToken(a, GrantClientCredentials)
}

// trusted reports whether one of the providers that a service account trusts vouches for an assertion.
func (s *Sandbox) trusted(a *account, assertion string) bool {
	return slices.ContainsFunc(a.federated, func(p FederatedProvider) bool {
		claims := jwt.MapClaims{}
		options := []jwt.ParserOption{jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(p.Issuer),
			jwt.WithExpirationRequired(), jwt.WithLeeway(time.Minute), jwt.WithTimeFunc(s.now)}
		if _, err := jwt.ParseWithClaims(assertion, claims,
			func(t *jwt.Token) (any, error) { return s.federatedKey(p, t) }, options...); err != nil {
			return false
		}
		for name, want := range p.Claims {
			if name == "aud" {
				if got, _ := claims.GetAudience(); !slices.Contains(got, want) {
					return false
				}
			} else if claims[name] != want {
				return false
			}
		}
		return true
	})
}

func (s *Sandbox) federatedKey(p FederatedProvider, t *jwt.Token) (any, error) {
	kid, _ := t.Header["kid"].(string)
	if len(p.JWKS) == 0 && p.Issuer == s.WorkloadIssuer() {
		set, err := s.keysOf(p.Issuer)
		if err != nil {
			return nil, err
		}
		for _, k := range set.keys {
			if k.kid == kid {
				return k.key.Public(), nil
			}
		}
		return nil, fmt.Errorf("no key %q", kid)
	}
	keys, err := parseJWKS(p.JWKS)
	if err != nil {
		return nil, err
	}
	if key := keys[kid]; key != nil {
		return key, nil
	}
	return nil, fmt.Errorf("no key %q", kid)
}

// parseJWKS returns the RSA keys of a key set by their IDs.
func parseJWKS(text []byte) (map[string]*rsa.PublicKey, error) {
	var set jwks
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("read key set: %w", err)
	}
	keys := map[string]*rsa.PublicKey{}
	for _, k := range set.Keys {
		if k.KeyType != "RSA" {
			continue
		}
		n, err1 := base64.RawURLEncoding.DecodeString(k.N)
		e, err2 := base64.RawURLEncoding.DecodeString(k.E)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("read key %q: %w", k.KeyID, err)
		}
		keys[k.KeyID] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	if len(keys) == 0 {
		return nil, errors.New("read key set: no RSA key in it")
	}
	return keys, nil
}
