package sandbox_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func TestServiceAccountKey(t *testing.T) {
	c := start(t)
	k := c.key(sandbox.AdminServiceAccount)
	status, body := c.form(k.Credentials.TokenEndpoint,
		url.Values{"grant_type": {jwtBearer}, "assertion": {k.sign(c, nil)}})
	if status != http.StatusOK || body["token_type"] != "Bearer" || body["expires_in"] != 600.0 {
		t.Fatalf("status %d, token_type %v, expires_in %v", status, body["token_type"], body["expires_in"])
	}
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(body["access_token"].(string), claims); err != nil {
		t.Fatal(err)
	}
	if got, want := claims["email"], sandbox.AdminServiceAccount; got != want {
		t.Errorf("email = %v, want %v", got, want)
	}
	if got, want := claims["exp"], float64(c.s.Now().Add(10*time.Minute).Unix()); got != want {
		t.Errorf("exp = %v, want %v", got, want)
	}
	if _, ok := body["refresh_token"]; ok {
		t.Error("there is a refresh token")
	}
	if got := c.s.Stats().Exchanges[jwtBearer]; got != 1 {
		t.Errorf("%d exchanges, want 1", got)
	}
}

func TestServiceAccountKeyRefused(t *testing.T) {
	c := start(t)
	endpoint, idp := c.s.ServiceAccountTokenURL(), c.s.URL()+"/oauth/v2/token"
	claim := func(name string, value any) func(*jwt.Token) {
		return func(t *jwt.Token) { t.Claims.(jwt.MapClaims)[name] = value }
	}
	for _, test := range []struct {
		name     string
		account  string
		endpoint string
		change   func(*jwt.Token)
		status   int
	}{
		{"right", sandbox.AdminServiceAccount, endpoint, nil, 200},
		{"right at the provider", sandbox.IssuerServiceAccount, idp, nil, 200},
		{"key of the endpoint at the provider", sandbox.AdminServiceAccount, idp, nil, 400},
		{"key of the provider at the endpoint", sandbox.IssuerServiceAccount, endpoint, nil, 400},
		{"unknown kid", sandbox.AdminServiceAccount, endpoint, func(t *jwt.Token) { t.Header["kid"] = "other" }, 404},
		{"unknown kid at the provider", sandbox.IssuerServiceAccount, idp,
			func(t *jwt.Token) { t.Header["kid"] = "other" }, 400},
		{"no kid", sandbox.AdminServiceAccount, endpoint, func(t *jwt.Token) { delete(t.Header, "kid") }, 404},
		{"RS256", sandbox.AdminServiceAccount, endpoint, func(t *jwt.Token) {
			t.Method = jwt.SigningMethodRS256
			t.Header["alg"] = "RS256"
		}, 400},
		{"another's issuer", sandbox.AdminServiceAccount, endpoint, claim("iss", sandbox.ReaderServiceAccount), 400},
		{"another's subject", sandbox.AdminServiceAccount, endpoint, claim("sub", "x"), 400},
		{"another audience", sandbox.AdminServiceAccount, endpoint,
			claim("aud", "https://service-account.api.stackit.cloud"), 400},
		{"expired", sandbox.AdminServiceAccount, endpoint, claim("exp", c.s.Now().Add(-2*time.Minute).Unix()), 400},
		{"skewed", sandbox.AdminServiceAccount, endpoint, claim("exp", c.s.Now().Add(-30*time.Second).Unix()), 200},
		{"no exp", sandbox.AdminServiceAccount, endpoint, claim("exp", nil), 400},
		{"no jti", sandbox.AdminServiceAccount, endpoint, claim("jti", nil), 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			assertion := c.key(test.account).sign(c, test.change)
			status, body := c.form(test.endpoint, url.Values{"grant_type": {jwtBearer}, "assertion": {assertion}})
			if status != test.status {
				t.Errorf("status %d, want %d", status, test.status)
			}
			if status == 400 && body["error"] != "invalid_grant" {
				t.Errorf("error %v, want invalid_grant", body["error"])
			}
			if status == 404 && !strings.HasPrefix(body["message"].(string), "Key with kid ") {
				t.Errorf("message %v", body["message"])
			}
		})
	}
}

func TestServiceAccountKeySignature(t *testing.T) {
	c := start(t)
	admin, reader := c.key(sandbox.AdminServiceAccount), c.key(sandbox.ReaderServiceAccount)
	forged := *admin
	forged.Credentials.PrivateKey = reader.Credentials.PrivateKey
	status, _ := c.form(c.s.ServiceAccountTokenURL(),
		url.Values{"grant_type": {jwtBearer}, "assertion": {forged.sign(c, nil)}})
	if status != http.StatusBadRequest {
		t.Errorf("assertion signed with another key: status %d, want 400", status)
	}
}

func TestServiceAccountKeyOnce(t *testing.T) {
	c := start(t)
	k := c.key(sandbox.AdminServiceAccount)
	v := url.Values{"grant_type": {jwtBearer}, "assertion": {k.sign(c, nil)}}
	first, _ := c.form(k.Credentials.TokenEndpoint, v)
	second, _ := c.form(k.Credentials.TokenEndpoint, v)
	if first != 200 || second != 400 {
		t.Errorf("same assertion twice: %d, %d, want 200, 400", first, second)
	}
	before, after := c.s.ServiceAccountKey(), c.s.ServiceAccountKey()
	if !bytes.Equal(before, after) {
		t.Error("the key file changes")
	}
	c.s.RevokeServiceAccountKey(sandbox.AdminServiceAccount)
	v.Set("assertion", k.sign(c, nil))
	if status, _ := c.form(k.Credentials.TokenEndpoint, v); status != 404 {
		t.Errorf("revoked key: status %d, want 404", status)
	}
}
