package sandbox

import (
	"net/http"
	"strings"

	"github.com/golang-jwt/jwt/v5"
	"k8s.io/apimachinery/pkg/util/uuid"
)

// accessToken makes a STACKIT access token. A grant ID ties it to a sign-in, whose end it shares. The caller holds the
// lock.
func (s *Sandbox) accessToken(a *account, grantID string) (string, error) {
	now := s.now()
	claims := jwt.MapClaims{
		"sub":   a.subject,
		"email": a.email,
		"aud":   []string{s.apiAudience()},
		"azp":   ClientID,
		"iat":   now.Unix(),
		"nbf":   now.Unix(),
		"exp":   s.accessTokenEnd(grantID).Unix(),
		"jti":   string(uuid.NewUUID()),
		"gen":   a.generation,
	}
	if a.machine {
		claims["azp"] = a.email
	}
	if grantID != "" {
		claims["sid"] = grantID
	}
	return s.sign(s.base, claims)
}

func (s *Sandbox) apiAudience() string { return s.base + "/api" }

// authenticate returns the account of a request's bearer token, or nil. ID tokens and instance tokens are none. The
// caller holds the lock.
func (s *Sandbox) authenticate(r *http.Request) *account {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil
	}
	return s.accountOf(token)
}

// accountOf returns the account of an access token, or nil. The caller holds the lock.
func (s *Sandbox) accountOf(token string) *account {
	claims, err := s.verify(s.base, token, jwt.WithAudience(s.apiAudience()))
	if err != nil {
		return nil
	}
	if id, ok := claims["sid"].(string); ok {
		if g := s.grants[id]; g == nil || g.revoked {
			return nil
		}
	}
	email, _ := claims["email"].(string)
	a := s.accounts[email]
	if a == nil || a.subject != claims["sub"] || claims["gen"] != float64(a.generation) { // JSON's number
		return nil
	}
	return a
}
