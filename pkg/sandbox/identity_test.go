package sandbox_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/signin"
)

const redirect = "http://localhost:8000"

// person is a client of the identity provider that acts for a person.
type person struct {
	*client
	ctx      context.Context
	provider *oidc.Provider
	config   oauth2.Config
}

func startPerson(t *testing.T, options ...func(*sandbox.Options)) *person {
	t.Helper()
	c := start(t, options...)
	ctx := oidc.ClientContext(t.Context(), c.http)
	provider, err := oidc.NewProvider(ctx, c.s.IdentityProvider())
	if err != nil {
		t.Fatal(err)
	}
	return &person{client: c, ctx: ctx, provider: provider, config: oauth2.Config{
		ClientID:    sandbox.ClientID,
		Endpoint:    provider.Endpoint(),
		RedirectURL: redirect,
		Scopes:      []string{"openid", "offline_access", "email"},
	}}
}

// signIn gets an authorization code with the form.
func (p *person) signIn(verifier string, options ...oauth2.AuthCodeOption) url.Values {
	p.t.Helper()
	options = append([]oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}, options...)
	u, err := signin.SignIn(p.ctx, p.http, p.config.AuthCodeURL("some-state", options...), sandbox.AdminUser,
		sandbox.AdminPassword, true)
	if err != nil {
		p.t.Fatal(err)
	}
	if got := u.Scheme + "://" + u.Host + u.Path; got != redirect {
		p.t.Fatalf("sent back to %s, want %s", got, redirect)
	}
	return u.Query()
}

// tokens signs in and redeems the code.
func (p *person) tokens(options ...oauth2.AuthCodeOption) *oauth2.Token {
	p.t.Helper()
	verifier := oauth2.GenerateVerifier()
	token, err := p.config.Exchange(p.ctx, p.signIn(verifier, options...).Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		p.t.Fatal(err)
	}
	return token
}

func (p *person) refresh(token string) (*oauth2.Token, error) {
	return p.config.TokenSource(p.ctx, &oauth2.Token{RefreshToken: token}).Token()
}

// works reports whether the Edge API takes an access token.
func (p *person) works(accessToken string) bool {
	p.t.Helper()
	c := &client{t: p.t, s: p.s, http: p.http, token: accessToken}
	status, _ := c.get(instancePath)
	return status == http.StatusOK
}

func wantOAuthError(t *testing.T, err error, code string) {
	t.Helper()
	var retrieve *oauth2.RetrieveError
	if !errors.As(err, &retrieve) || retrieve.ErrorCode != code {
		t.Errorf("error %v, want OAuth error %s", err, code)
	}
}

func TestSignIn(t *testing.T) {
	p := startPerson(t)
	verifier := oauth2.GenerateVerifier()
	q := p.signIn(verifier, oidc.Nonce("some-nonce"))
	if got := q.Get("state"); got != "some-state" {
		t.Errorf("state %q", got)
	}
	token, err := p.config.Exchange(p.ctx, q.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	if !p.works(token.AccessToken) {
		t.Error("the Edge API refuses the access token")
	}
	raw, _ := token.Extra("id_token").(string)
	if p.works(raw) {
		t.Error("the Edge API takes an ID token for an access token")
	}
	idToken, err := p.provider.Verifier(&oidc.Config{ClientID: sandbox.ClientID, Now: p.s.Now}).Verify(p.ctx, raw)
	if err != nil {
		t.Fatal(err)
	}
	if idToken.Nonce != "some-nonce" {
		t.Errorf("nonce %q", idToken.Nonce)
	}
	if err := idToken.VerifyAccessToken(token.AccessToken); err != nil {
		t.Errorf("at_hash: %v", err)
	}
	var claims struct {
		Email    string
		AuthTime int64 `json:"auth_time"`
	}
	if err := idToken.Claims(&claims); err != nil || claims.Email != sandbox.AdminUser ||
		claims.AuthTime != p.s.Now().Unix() {
		t.Errorf("claims %+v, error %v", claims, err)
	}
	if got := p.s.Stats(); got.SignIns != 1 || got.Exchanges[sandbox.GrantAuthorizationCode] != 1 {
		t.Errorf("stats %+v", got)
	}
}

func TestSignInScopes(t *testing.T) {
	p := startPerson(t)
	p.config.Scopes = []string{"email"}
	token := p.tokens()
	if token.RefreshToken != "" || token.Extra("id_token") != nil {
		t.Error("refresh or ID token without their scopes")
	}
}

func TestCodeRefused(t *testing.T) {
	p := startPerson(t)
	for _, test := range []struct {
		name   string
		change func(p *person, v url.Values)
		code   string
	}{
		{"right", func(*person, url.Values) {}, ""},
		{"wrong verifier", func(_ *person, v url.Values) { v.Set("code_verifier", oauth2.GenerateVerifier()) },
			"invalid_grant"},
		{"no verifier", func(_ *person, v url.Values) { v.Del("code_verifier") }, "invalid_grant"},
		{"other redirect", func(_ *person, v url.Values) { v.Set("redirect_uri", "http://localhost:8001") },
			"invalid_grant"},
		{"other client", func(_ *person, v url.Values) { v.Set("client_id", "other") }, "invalid_client"},
		{"other code", func(_ *person, v url.Values) { v.Set("code", "other") }, "invalid_grant"},
		{"other grant type", func(_ *person, v url.Values) { v.Set("grant_type", "password") },
			"unsupported_grant_type"},
		{"too late", func(p *person, _ url.Values) { p.s.Advance(61 * time.Second) }, "invalid_grant"},
	} {
		t.Run(test.name, func(t *testing.T) {
			verifier := oauth2.GenerateVerifier()
			v := url.Values{"grant_type": {"authorization_code"}, "client_id": {sandbox.ClientID},
				"redirect_uri":  {redirect},
				"code_verifier": {verifier}, "code": {p.signIn(verifier).Get("code")}}
			test.change(p, v)
			status, body := p.form("/oauth/v2/token", v)
			if test.code == "" {
				if status != http.StatusOK || body["refresh_token"] == nil {
					t.Errorf("status %d, %v", status, body["error"])
				}
				return
			}
			if status != http.StatusBadRequest || body["error"] != test.code {
				t.Errorf("status %d, error %v, want 400 and %s", status, body["error"], test.code)
			}
		})
	}
}

func TestCodeReplayed(t *testing.T) {
	p := startPerson(t)
	verifier := oauth2.GenerateVerifier()
	code := p.signIn(verifier).Get("code")
	token, err := p.config.Exchange(p.ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.config.Exchange(p.ctx, code, oauth2.VerifierOption(verifier))
	wantOAuthError(t, err, "invalid_grant")
	if p.works(token.AccessToken) {
		t.Error("the access token survives the replay")
	}
	_, err = p.refresh(token.RefreshToken)
	wantOAuthError(t, err, "invalid_grant")
}

func TestRefresh(t *testing.T) {
	p := startPerson(t)
	first := p.tokens()
	p.s.Advance(11 * time.Minute)
	if p.works(first.AccessToken) {
		t.Error("access token outlives its lifetime")
	}
	second, err := p.refresh(first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if second.RefreshToken == first.RefreshToken || !p.works(second.AccessToken) {
		t.Error("refresh token was not rotated, or the access token does not work")
	}
	_, err = p.refresh(first.RefreshToken)
	wantOAuthError(t, err, "invalid_grant")
	_, err = p.refresh(second.RefreshToken)
	wantOAuthError(t, err, "invalid_grant") // the whole family ended
	if p.works(second.AccessToken) {
		t.Error("the access token survives the reuse of a refresh token")
	}
}

func TestRefreshGrace(t *testing.T) {
	p := startPerson(t, func(o *sandbox.Options) { o.Settings.RefreshGrace = sandbox.Duration(time.Minute) })
	first := p.tokens()
	for range 2 {
		if _, err := p.refresh(first.RefreshToken); err != nil {
			t.Fatal(err)
		}
	}
	p.s.Advance(time.Minute)
	_, err := p.refresh(first.RefreshToken)
	wantOAuthError(t, err, "invalid_grant")
}

func TestSessionEnds(t *testing.T) {
	p := startPerson(t, func(o *sandbox.Options) {
		o.Settings.SessionLifetime = sandbox.Duration(15 * time.Minute)
		o.Settings.RefreshTokenLifetime = sandbox.Duration(10 * time.Minute)
	})
	idle := p.tokens()
	p.s.Advance(10 * time.Minute)
	_, err := p.refresh(idle.RefreshToken)
	wantOAuthError(t, err, "invalid_grant")

	busy := p.tokens()
	p.s.Advance(9 * time.Minute)
	if busy, err = p.refresh(busy.RefreshToken); err != nil {
		t.Fatal(err)
	}
	if got, _ := busy.Extra("expires_in").(float64); got != 360 {
		t.Errorf("access token lives %v s, want 360: to the end of the session", got)
	}
	p.s.Advance(6 * time.Minute)
	if p.works(busy.AccessToken) {
		t.Error("access token outlives the session")
	}
	_, err = p.refresh(busy.RefreshToken)
	wantOAuthError(t, err, "invalid_grant")

	again := p.tokens()
	p.s.RevokeSessions(sandbox.AdminUser)
	if p.works(again.AccessToken) {
		t.Error("access token outlives the revoked session")
	}
}

func TestRevocation(t *testing.T) {
	p := startPerson(t)
	for _, name := range []string{"refresh_token", "access_token"} {
		token := p.tokens()
		value := map[string]string{"refresh_token": token.RefreshToken, "access_token": token.AccessToken}[name]
		if status, _ := p.form("/oauth/v2/revoke",
			url.Values{"client_id": {sandbox.ClientID}, "token": {value}}); status != 200 {
			t.Errorf("%s: status %d", name, status)
		}
		if _, err := p.refresh(token.RefreshToken); err == nil || p.works(token.AccessToken) {
			t.Errorf("%s: tokens survive their revocation", name)
		}
	}
	for _, test := range []struct {
		v      url.Values
		status int
	}{
		{url.Values{"client_id": {sandbox.ClientID}, "token": {"unknown"}}, 200},
		{url.Values{"client_id": {sandbox.ClientID}}, 400},
		{url.Values{"client_id": {"other"}, "token": {"x"}}, 400},
	} {
		if status, _ := p.form("/oauth/v2/revoke", test.v); status != test.status {
			t.Errorf("%v: status %d, want %d", test.v, status, test.status)
		}
	}
	p.s.Configure(func(s *sandbox.Settings) { s.NoRevocation, s.NoDeviceFlow = true, true })
	_, doc := p.get("/.well-known/openid-configuration")
	if doc["revocation_endpoint"] != nil || doc["device_authorization_endpoint"] != nil {
		t.Error("endpoints that are off are advertised")
	}
}

func TestAuthorizeRefused(t *testing.T) {
	p := startPerson(t)
	sum := sha256.Sum256([]byte("x"))
	right := url.Values{"response_type": {"code"}, "client_id": {sandbox.ClientID}, "redirect_uri": {redirect},
		"state": {"s"},
		"scope": {"openid"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])},
		"code_challenge_method": {"S256"}}
	for _, test := range []struct {
		name, param, value string
		want               string // OAuth error; "" is the page, "person" an error page
	}{
		{"right", "state", "s", ""},
		{"IPv4", "redirect_uri", "http://127.0.0.1:8020", ""},
		{"IPv6", "redirect_uri", "http://[::1]:8007", ""},
		{"port below", "redirect_uri", "http://localhost:7999", "person"},
		{"port above", "redirect_uri", "http://localhost:8021", "person"},
		{"no port", "redirect_uri", "http://localhost", "person"},
		{"path", "redirect_uri", "http://localhost:8000/callback", "person"},
		{"slash", "redirect_uri", "http://localhost:8000/", "person"},
		{"query", "redirect_uri", "http://localhost:8000?x=y", "person"},
		{"user", "redirect_uri", "http://localhost:8000@evil.example:8000", "person"},
		{"other host", "redirect_uri", "http://evil.example:8000", "person"},
		{"host prefix", "redirect_uri", "http://localhost.evil.example:8000", "person"},
		{"https", "redirect_uri", "https://localhost:8000", "person"},
		{"none", "redirect_uri", "", "person"},
		{"other client", "client_id", "other", "person"},
		{"token", "response_type", "token", "unsupported_response_type"},
		{"plain", "code_challenge_method", "plain", "invalid_request"},
		{"no challenge", "code_challenge", "", "invalid_request"},
		{"bad max_age", "max_age", "soon", "invalid_request"},
		{"silent", "prompt", "none", "login_required"},
	} {
		t.Run(test.name, func(t *testing.T) {
			q := url.Values{}
			for k, v := range right {
				q[k] = v
			}
			q.Set(test.param, test.value)
			status, _, location := p.page(http.MethodGet, "/oauth/v2/authorize?"+q.Encode(), nil, nil)
			switch test.want {
			case "":
				if status != 200 {
					t.Errorf("status %d, want the page", status)
				}
			case "person":
				if status != 400 || location != "" {
					t.Errorf("status %d, location %q, want an error page", status, location)
				}
			default:
				u, _ := url.Parse(location)
				if status != 303 || u.Query().Get("error") != test.want || u.Query().Get("state") != "s" {
					t.Errorf("status %d, location %q, want error %s", status, location, test.want)
				}
			}
		})
	}
}

// page sends a request as a browser does, without following redirects.
func (p *person) page(method, path string, form url.Values, header http.Header) (status int, body, location string) {
	p.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = p.s.URL() + path
	}
	req, err := http.NewRequestWithContext(p.ctx, method, path, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	for k, v := range header {
		req.Header[k] = v
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	browser := *p.http
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := browser.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Header.Get("Location")
}

func TestAuthorizeForm(t *testing.T) {
	p := startPerson(t)
	target := p.config.AuthCodeURL("s", oauth2.S256ChallengeOption(oauth2.GenerateVerifier()))
	allow := url.Values{"email": {sandbox.AdminUser}, "password": {sandbox.AdminPassword}, "decision": {"allow"}}
	for _, test := range []struct {
		name   string
		form   url.Values
		header http.Header
		status int
		query  string // of the redirect: "code", or what error
	}{
		{"allow", allow, nil, 303, "code"},
		{"from the page itself", allow, http.Header{"Sec-Fetch-Site": {"same-origin"}}, 303, "code"},
		{"from another site", allow, http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403, ""},
		{"deny", url.Values{"decision": {"deny"}}, nil, 303, "access_denied"},
		{"wrong password", url.Values{"email": {sandbox.AdminUser}, "password": {"x"}, "decision": {"allow"}}, nil, 403,
			""},
		{"unknown person", url.Values{"email": {"nobody@example.com"}, "password": {""}, "decision": {"allow"}}, nil,
			403, ""},
		{"a service account", url.Values{"email": {sandbox.AdminServiceAccount}, "password": {""},
			"decision": {"allow"}}, nil, 403, ""},
		{"no decision", url.Values{}, nil, 400, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, _, location := p.page(http.MethodPost, target, test.form, test.header)
			if status != test.status {
				t.Fatalf("status %d, want %d", status, test.status)
			}
			u, _ := url.Parse(location)
			switch q := u.Query(); {
			case test.query == "code" && q.Get("code") == "":
				t.Error("no code")
			case test.query != "code" && (q.Get("code") != "" || q.Get("error") != test.query):
				t.Errorf("location %q, want error %q", location, test.query)
			}
		})
	}
	if _, err := signin.SignIn(p.ctx, p.http, target, sandbox.AdminUser, "wrong", true); err == nil {
		t.Error("signed in with a wrong password")
	}
}

func TestAuthorizePage(t *testing.T) {
	p := startPerson(t)
	p.http.Jar, _ = cookiejar.New(nil)
	target := p.config.AuthCodeURL("s", oauth2.S256ChallengeOption(oauth2.GenerateVerifier()))
	_, body, _ := p.page(http.MethodGet, target, nil, nil)
	for _, want := range []string{`type="password"`, "<strong>STACKIT CLI</strong>", "see your e-mail address",
		"for up to 12h", redirect, `value="deny"`} {
		if !strings.Contains(body, want) {
			t.Errorf("page lacks %s", want)
		}
	}
	action := regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(body)
	if len(action) == 0 || p.s.URL()+html.UnescapeString(action[1]) != target {
		t.Errorf("form goes to %q, want %s", action, target)
	}
	if strings.Contains(body, "<script") {
		t.Error("page has a script")
	}
	p.signIn(oauth2.GenerateVerifier()) // the jar keeps the session
	for _, test := range []struct {
		name    string
		advance time.Duration
		option  oauth2.AuthCodeOption
		asks    bool
	}{
		{"signed in", time.Minute, oauth2.SetAuthURLParam("max_age", "60"), false},
		{"too long ago", time.Second, oauth2.SetAuthURLParam("max_age", "60"), true},
		{"no max_age", 0, oauth2.SetAuthURLParam("x", ""), false},
		{"prompt", 0, oauth2.SetAuthURLParam("prompt", "login"), true},
		{"session over", 12 * time.Hour, oauth2.SetAuthURLParam("x", ""), true},
	} {
		p.s.Advance(test.advance)
		target := p.config.AuthCodeURL("s", oauth2.S256ChallengeOption(oauth2.GenerateVerifier()), test.option)
		_, body, _ := p.page(http.MethodGet, target, nil, nil)
		if got := strings.Contains(body, `type="password"`); got != test.asks {
			t.Errorf("%s: asks for a password: %v, want %v", test.name, got, test.asks)
		}
		status, _, _ := p.page(http.MethodPost, target, url.Values{"decision": {"allow"}}, nil)
		if want := map[bool]int{true: 403, false: 303}[test.asks]; status != want {
			t.Errorf("%s: allow without password: status %d, want %d", test.name, status, want)
		}
	}
	if status, body, _ := p.page(http.MethodGet, "/oauth/v2/style.css", nil, nil); status != 200 ||
		!strings.Contains(body, ":root") {
		t.Error("no style sheet")
	}
}

func TestDiscovery(t *testing.T) {
	p := startPerson(t)
	var doc struct {
		Grants  []string `json:"grant_types_supported"`
		Methods []string `json:"code_challenge_methods_supported"`
		Device  string   `json:"device_authorization_endpoint"`
		Revoke  string   `json:"revocation_endpoint"`
	}
	if err := p.provider.Claims(&doc); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(doc.Grants, sandbox.GrantDeviceCode) || !slices.Contains(doc.Methods, "S256") ||
		doc.Device == "" || doc.Revoke == "" {
		t.Errorf("document %+v", doc)
	}
	token := p.tokens()
	if err := p.s.RotateSigningKey(p.s.IdentityProvider(), true); err != nil {
		t.Fatal(err)
	}
	if !p.works(token.AccessToken) {
		t.Error("a new key made tokens of the old one useless")
	}
	raw, _ := p.tokens().Extra("id_token").(string)
	if _, err := p.provider.Verifier(&oidc.Config{ClientID: sandbox.ClientID, Now: p.s.Now}).Verify(p.ctx,
		raw); err != nil {
		t.Errorf("after rotation: %v", err)
	}
}

func TestAccessTokensAreRefused(t *testing.T) {
	p := startPerson(t)
	before := p.tokens()
	p.s.RefuseAccessTokens(sandbox.AdminUser)
	if p.works(before.AccessToken) {
		t.Error("the access token is accepted")
	}
	after, err := p.refresh(before.RefreshToken)
	if err != nil {
		t.Fatalf("the refresh token is refused: %v", err)
	}
	if !p.works(after.AccessToken) {
		t.Error("the renewed access token is refused")
	}
	machine := p.as(sandbox.AdminServiceAccount)
	p.s.RefuseAccessTokens(sandbox.AdminServiceAccount)
	if p.works(machine.token) || !p.works(p.as(sandbox.AdminServiceAccount).token) {
		t.Error("service account: want the old token refused and a new one accepted")
	}
}

func TestRefreshTokensAreRevoked(t *testing.T) {
	p := startPerson(t)
	token := p.tokens()
	p.s.RevokeRefreshTokens(sandbox.AdminUser)
	if !p.works(token.AccessToken) {
		t.Error("the access token is refused before its time")
	}
	_, err := p.refresh(token.RefreshToken)
	wantOAuthError(t, err, "invalid_grant")
	if !p.works(p.tokens().AccessToken) {
		t.Error("a new sign-in does not work")
	}
}
