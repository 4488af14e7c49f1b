package sandbox

import (
	"net/http"
	"time"
)

// ClientID is the public OAuth client the provider knows: the STACKIT CLI's.
const ClientID = "stackit-cli-0000-0000-000000000001"

// Grant types of the token endpoint, and keys of Stats.Exchanges.
const (
	GrantAuthorizationCode = "authorization_code"
	GrantRefreshToken      = "refresh_token"
	GrantClientCredentials = "client_credentials"
	GrantJWTBearer         = "urn:ietf:params:oauth:grant-type:jwt-bearer"     // RFC 7523
	GrantDeviceCode        = "urn:ietf:params:oauth:grant-type:device_code"    // RFC 8628
	GrantTokenExchange     = "urn:ietf:params:oauth:grant-type:token-exchange" // RFC 8693
)

// provider is the state of the identity provider for people.
type provider struct {
	grants   map[string]*grant
	sessions map[string]*session // by cookie
	codes    map[string]*code
	refresh  map[string]*refreshToken
	devices  map[string]*device // by device code
}

func newProvider() provider {
	return provider{
		grants:   map[string]*grant{},
		sessions: map[string]*session{},
		codes:    map[string]*code{},
		refresh:  map[string]*refreshToken{},
		devices:  map[string]*device{},
	}
}

// session is a browser that has signed in.
type session struct {
	email    string
	signedIn time.Time
}

// grant is what a person has given to a client at one sign-in: the family of all tokens that come of it.
type grant struct {
	id       string
	email    string
	scope    string
	nonce    string
	signedIn time.Time
	ends     time.Time
	revoked  bool
}

func (s *Sandbox) routeIdentity() {
	s.mux.HandleFunc("GET /.well-known/openid-configuration", s.discovery)
	s.mux.HandleFunc("GET /oauth/v2/keys", func(w http.ResponseWriter, r *http.Request) { s.serveKeys(w, s.base) })
	s.mux.HandleFunc("GET /oauth/v2/style.css", serveStyle)
	s.mux.HandleFunc("GET /oauth/v2/authorize", s.authorize)
	s.mux.HandleFunc("POST /oauth/v2/authorize", s.authorize)
	s.mux.HandleFunc("POST /oauth/v2/token", s.oauth(s.token))
	s.mux.HandleFunc("POST /oauth/v2/revoke", s.oauth(s.revoke))
	s.mux.HandleFunc("POST /oauth/v2/device_authorization", s.oauth(s.authorizeDevice))
	s.mux.HandleFunc("GET /device", s.devicePage)
	s.mux.HandleFunc("POST /device", s.devicePage)
	s.routeWorkload()
}

// discovery serves the document of OpenID Connect Discovery 1.0.
func (s *Sandbox) discovery(w http.ResponseWriter, r *http.Request) {
	settings := s.Settings()
	grants := []string{GrantAuthorizationCode, GrantRefreshToken, GrantClientCredentials, GrantJWTBearer,
		GrantTokenExchange}
	doc := map[string]any{
		"issuer":                                s.base,
		"authorization_endpoint":                s.base + "/oauth/v2/authorize",
		"token_endpoint":                        s.base + "/oauth/v2/token",
		"jwks_uri":                              s.base + "/oauth/v2/keys",
		"scopes_supported":                      []string{"openid", "email", "offline_access"},
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"token_endpoint_auth_methods_supported": []string{"none"},
		"code_challenge_methods_supported":      []string{"S256"},
		"claims_supported": []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce",
			"at_hash", "email", "email_verified"},
	}
	if !settings.NoRevocation {
		doc["revocation_endpoint"] = s.base + "/oauth/v2/revoke"
	}
	if !settings.NoDeviceFlow {
		doc["device_authorization_endpoint"] = s.base + "/oauth/v2/device_authorization"
		grants = append(grants, GrantDeviceCode)
	}
	doc["grant_types_supported"] = grants
	writeJSON(w, http.StatusOK, doc)
}

// oauth wraps an endpoint that machines call. It runs under the lock and returns status and body.
func (s *Sandbox) oauth(call func(*http.Request) (int, any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status, body := func() (int, any) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return call(r)
		}()
		w.Header().Set("Cache-Control", "no-store")
		writeJSON(w, status, body)
	}
}

// refuse answers a token request with an OAuth error, and counts it.
func (s *Sandbox) refuse(code string) (int, any) {
	s.stats.Failed[code]++
	return http.StatusBadRequest, oauthError(code)
}

// RevokeSessions ends all sign-ins of a person, as an administrator would: browser sessions, refresh and access tokens.
func (s *Sandbox) RevokeSessions(email string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endSessions(email, func(g *grant) { g.revoked = true })
}

// RevokeRefreshTokens ends all sign-ins of a person, but lets the access tokens live on that were given out: a service
// that checks no more than their signature and time takes them until they expire.
func (s *Sandbox) RevokeRefreshTokens(email string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endSessions(email, func(g *grant) {
		for _, t := range s.refresh {
			if t.grant == g {
				t.expires = time.Time{}
			}
		}
	})
}

// RefuseAccessTokens has the access tokens of a person or service account refused that were given out until now. What
// they were made of stays good: a refresh token or a key gets the next one.
func (s *Sandbox) RefuseAccessTokens(email string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[email]; a != nil {
		a.generation++
	}
}

// endSessions ends the sign-ins of a person and their browsers' sessions. The caller holds the lock.
func (s *Sandbox) endSessions(email string, end func(*grant)) {
	for _, g := range s.grants {
		if g.email == email {
			end(g)
		}
	}
	for cookie, one := range s.sessions {
		if one.email == email {
			delete(s.sessions, cookie)
		}
	}
}
