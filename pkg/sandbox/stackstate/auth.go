package stackstate

import (
	"errors"
	"net/http"
	"strings"
)

const (
	headerAPIToken      = "X-API-Token"         // a user's API token
	headerAPIKey        = "X-API-Key"           // a service token; the other form is Authorization: ApiKey
	headerServiceBearer = "X-API-ServiceBearer" // a Kubernetes token
)

// authenticated calls next with the user that the request's credentials name, or answers 401.
func (s *Server) authenticated(next handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, err := s.user(r)
		if err == nil {
			err = next(w, r, u)
		}
		if err != nil {
			writeError(w, err, s.now())
		}
	})
}

// user takes the first credential it finds; one that is refused is not made good by another.
func (s *Server) user(r *http.Request) (User, error) {
	if token := r.Header.Get(headerAPIToken); token != "" {
		if u, ok := s.apiTokens[token]; ok {
			return u, nil
		}
		return User{}, unauthorized()
	}
	token := r.Header.Get(headerAPIKey)
	if scheme, key, ok := strings.Cut(r.Header.Get("Authorization"), " "); token == "" && ok &&
		strings.EqualFold(scheme, "ApiKey") {
		token = strings.TrimSpace(key)
	}
	if token != "" {
		t, ok := s.store.byToken(token)
		if !ok || t.expired(s.now()) {
			return User{}, unauthorized()
		}
		return t.user(), nil
	}
	if token := r.Header.Get(headerServiceBearer); token != "" && s.tokenReview != nil {
		u, err := s.tokenReview(r.Context(), token)
		if errors.Is(err, ErrTokenRefused) {
			return User{}, unauthorized()
		}
		return u, err
	}
	return User{}, unauthorized()
}

// Roles that every server has.
const (
	RoleAdmin          = "stackstate-admin"
	RolePowerUser      = "stackstate-power-user"
	RoleTroubleshooter = "stackstate-k8s-troubleshooter"
	RoleGuest          = "stackstate-guest"
)

// require is nil if u has the permission, else the answer 403.
func (s *Server) require(u User, permission string) error {
	if s.may(u, permission) {
		return nil
	}
	return forbidden("%s lacks the permission %s", u.Name, permission)
}
