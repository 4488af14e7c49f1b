package sandbox

import (
	"net/http"
	"regexp"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	tokenTypeAccess = "urn:ietf:params:oauth:token-type:access_token"
	tokenTypeID     = "urn:ietf:params:oauth:token-type:id_token"
)

// clusterResource is the only kind of resource for which STACKIT is known to exchange tokens: managed Kubernetes
// clusters.
var clusterResource = regexp.MustCompile(`^resource://organizations/([^/]+)/projects/([^/]+)/regions/([^/]+)/ske/` +
	`([^/]+)$`)

// exchange is RFC 8693: an access token for an ID token that a cluster trusts. As with STACKIT, the ID token comes back
// in the member access_token.
func (s *Sandbox) exchange(r *http.Request) (int, any) {
	if r.PostFormValue("subject_token_type") != tokenTypeAccess ||
		r.PostFormValue("requested_token_type") != tokenTypeID {
		return s.refuse("invalid_request")
	}
	a := s.accountOf(r.PostFormValue("subject_token"))
	if a == nil {
		return s.refuse("invalid_grant")
	}
	match := clusterResource.FindStringSubmatch(r.PostFormValue("resource"))
	if match == nil || s.project(match[2]) == nil {
		return s.refuse("invalid_target")
	}
	if a.role != EdgeAdmin {
		return s.refuse("access_denied")
	}
	now := s.now()
	end := s.accessTokenEnd("")
	token, err := s.sign(s.base, jwt.MapClaims{
		"sub":    a.subject,
		"aud":    []string{match[0]},
		"email":  a.email,
		"groups": []string{"ske-admin"},
		"iat":    now.Unix(),
		"exp":    end.Unix(),
	})
	if err != nil {
		return http.StatusInternalServerError, oauthError("server_error")
	}
	s.stats.Exchanges[GrantTokenExchange]++
	return http.StatusOK, tokenResponse{AccessToken: token, TokenType: "N_A", IssuedTokenType: tokenTypeID,
		ExpiresIn: int64(end.Sub(now) / time.Second)}
}
