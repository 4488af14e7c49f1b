package sandbox

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"time"

	authentication "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// opaqueToken is what the sandbox knows of a token that says nothing of itself.
type opaqueToken struct {
	instance string
	ends     time.Time
}

// opaqueInstanceToken makes a token that only TokenReviewURL knows. The caller holds the lock.
func (s *Sandbox) opaqueInstanceToken(instanceID string, lifetime time.Duration) string {
	s.prune()
	s.changed = true
	token := "stec_" + rand.Text() + rand.Text()
	s.opaque[token] = opaqueToken{instanceID, s.now().Add(lifetime)}
	return token
}

// EndInstanceTokens ends the opaque tokens of an instance before their time. Its API server may accept those that it
// has just seen for ten seconds more. Tokens that are JWTs end with their key: see RotateSigningKey.
func (s *Sandbox) EndInstanceTokens(instanceID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.opaque, func(_ string, t opaqueToken) bool { return t.instance == instanceID })
}

// TokenReviewURL returns where an instance's API server asks about opaque tokens: a webhook for TokenReview of
// authentication.k8s.io/v1.
func (s *Sandbox) TokenReviewURL(instanceID string) string {
	return s.Issuer(instanceID) + "/token-review"
}

// reviewToken answers an API server. Of a JWT it says nothing: the API server checks those itself.
func (s *Sandbox) reviewToken(w http.ResponseWriter, r *http.Request) {
	var review authentication.TokenReview
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&review); err != nil {
		writeJSON(w, http.StatusBadRequest, pathError(r, s.Now(), http.StatusBadRequest, "body is not a TokenReview"))
		return
	}
	s.mu.Lock()
	t, ok := s.opaque[review.Spec.Token]
	ok = ok && t.instance == r.PathValue("id") && s.now().Before(t.ends)
	s.mu.Unlock()
	answer := authentication.TokenReview{
		TypeMeta: metav1.TypeMeta{APIVersion: authentication.SchemeGroupVersion.String(), Kind: "TokenReview"},
	}
	if ok {
		answer.Status = authentication.TokenReviewStatus{
			Authenticated: true,
			User:          authentication.UserInfo{Username: InstanceUser, Groups: []string{InstanceGroup}},
		}
	}
	writeJSON(w, http.StatusOK, answer)
}
