package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// tokenResponse is RFC 6749 §5.1 with OpenID Connect's ID token.
type tokenResponse struct {
	AccessToken     string `json:"access_token"`
	TokenType       string `json:"token_type"`
	ExpiresIn       int64  `json:"expires_in"`
	RefreshToken    string `json:"refresh_token,omitempty"`
	IDToken         string `json:"id_token,omitempty"`
	Scope           string `json:"scope,omitempty"`
	IssuedTokenType string `json:"issued_token_type,omitempty"`
}

// token is the identity provider's token endpoint, RFC 6749 §3.2.
func (s *Sandbox) token(r *http.Request) (int, any) {
	grantType := r.PostFormValue("grant_type")
	switch grantType {
	case GrantJWTBearer:
		a, err := s.redeemAssertion(r.PostFormValue("assertion"), s.base)
		if err != nil {
			return s.refuse("invalid_grant")
		}
		return s.machineToken(a, grantType)
	case GrantClientCredentials:
		return s.workloadToken(r)
	}
	if r.PostFormValue("client_id") != ClientID { // public: there is no secret to check
		return s.refuse("invalid_client")
	}
	switch grantType {
	case GrantAuthorizationCode:
		return s.redeemCode(r)
	case GrantRefreshToken:
		return s.redeemRefreshToken(r)
	case GrantDeviceCode:
		return s.redeemDeviceCode(r)
	case GrantTokenExchange:
		return s.exchange(r)
	}
	return s.refuse("unsupported_grant_type")
}

// code is an authorization code.
type code struct {
	grant       *grant
	redirectURI string
	challenge   string
	expires     time.Time
	used        bool
}

// redeemCode is RFC 6749 §4.1.3 with RFC 7636 §4.6. A code used twice has leaked, so its second use ends the grant.
func (s *Sandbox) redeemCode(r *http.Request) (int, any) {
	c := s.codes[r.PostFormValue("code")]
	if c == nil {
		return s.refuse("invalid_grant")
	}
	if c.used {
		c.grant.revoked = true
		return s.refuse("invalid_grant")
	}
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	if s.now().After(c.expires) || r.PostFormValue("redirect_uri") != c.redirectURI ||
		subtle.ConstantTimeCompare([]byte(challenge), []byte(c.challenge)) != 1 {
		return s.refuse("invalid_grant")
	}
	c.used = true
	return s.grantTokens(c.grant, GrantAuthorizationCode)
}

// refreshToken is good for one use.
type refreshToken struct {
	grant   *grant
	expires time.Time
	used    time.Time // zero until used
}

// redeemRefreshToken is RFC 6749 §6 with rotation as in RFC 9700 §4.14.2: a token used twice ends the grant.
func (s *Sandbox) redeemRefreshToken(r *http.Request) (int, any) {
	t := s.refresh[r.PostFormValue("refresh_token")]
	switch now := s.now(); {
	case t == nil || t.grant.revoked || !now.Before(t.expires) || !now.Before(t.grant.ends):
		return s.refuse("invalid_grant")
	case !t.used.IsZero() && now.Sub(t.used) >= time.Duration(s.settings.RefreshGrace):
		t.grant.revoked = true
		return s.refuse("invalid_grant")
	case t.used.IsZero():
		t.used = now
	}
	return s.grantTokens(t.grant, GrantRefreshToken)
}

// grantTokens makes the tokens of a grant and counts them. An ID token needs scope openid, a refresh token
// offline_access.
func (s *Sandbox) grantTokens(g *grant, grantType string) (int, any) {
	a := s.accounts[g.email]
	if g.revoked || a == nil || !s.now().Before(g.ends) {
		return s.refuse("invalid_grant")
	}
	access, err := s.accessToken(a, g.id)
	if err != nil {
		return http.StatusInternalServerError, oauthError("server_error")
	}
	out := tokenResponse{AccessToken: access, TokenType: "Bearer", Scope: g.scope,
		ExpiresIn: int64(s.accessTokenEnd(g.id).Sub(s.now()) / time.Second)}
	s.prune()
	scopes := strings.Fields(g.scope)
	if slices.Contains(scopes, "openid") {
		if out.IDToken, err = s.idToken(a, g, access); err != nil {
			return http.StatusInternalServerError, oauthError("server_error")
		}
	}
	if slices.Contains(scopes, "offline_access") {
		out.RefreshToken = rand.Text() + rand.Text()
		end := s.now().Add(time.Duration(s.settings.RefreshTokenLifetime))
		s.refresh[out.RefreshToken] = &refreshToken{grant: g, expires: end}
	}
	s.stats.Exchanges[grantType]++
	return http.StatusOK, out
}

// idToken is OpenID Connect Core 1.0 §2.
func (s *Sandbox) idToken(a *account, g *grant, accessToken string) (string, error) {
	sum := sha256.Sum256([]byte(accessToken))
	claims := jwt.MapClaims{
		"sub":            a.subject,
		"aud":            []string{ClientID},
		"iat":            s.now().Unix(),
		"exp":            s.accessTokenEnd(g.id).Unix(),
		"auth_time":      g.signedIn.Unix(),
		"at_hash":        base64.RawURLEncoding.EncodeToString(sum[:sha256.Size/2]),
		"email":          a.email,
		"email_verified": true,
	}
	if g.nonce != "" {
		claims["nonce"] = g.nonce
	}
	return s.sign(s.base, claims)
}

// accessTokenEnd returns when an access token made now expires: never after its grant. The caller holds the lock.
func (s *Sandbox) accessTokenEnd(grantID string) time.Time {
	end := s.now().Add(time.Duration(s.settings.AccessTokenLifetime))
	if g := s.grants[grantID]; g != nil && g.ends.Before(end) {
		return g.ends
	}
	return end
}

// revoke is RFC 7009. With any token of a grant the whole grant ends; unknown tokens are no error.
func (s *Sandbox) revoke(r *http.Request) (int, any) {
	if s.settings.NoRevocation {
		return http.StatusNotFound, oauthError("invalid_request")
	}
	token := r.PostFormValue("token")
	switch {
	case r.PostFormValue("client_id") != ClientID:
		return http.StatusBadRequest, oauthError("invalid_client")
	case token == "":
		return http.StatusBadRequest, oauthError("invalid_request")
	}
	s.stats.Revocations++
	if t := s.refresh[token]; t != nil {
		t.grant.revoked = true
	} else if claims, err := s.verify(s.base, token, jwt.WithAudience(s.apiAudience())); err == nil {
		if id, ok := claims["sid"].(string); ok && s.grants[id] != nil {
			s.grants[id].revoked = true
		}
	}
	return http.StatusOK, nil
}
