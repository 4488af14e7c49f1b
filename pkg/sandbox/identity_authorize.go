package sandbox

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const sessionCookie = "edge-sandbox-session"

// authorizationRequest is RFC 6749 §4.1.1 with RFC 7636 §4.3 and OpenID Connect Core 1.0 §3.1.2.1.
type authorizationRequest struct {
	redirectURI *url.URL
	scope       string
	state       string
	nonce       string
	challenge   string
	prompt      string
	maxAge      time.Duration // negative: none given
}

// parseAuthorization reads a request. Without a redirect URI that can be trusted the person must see it; other errors
// go to the client as an error code.
func parseAuthorization(q url.Values) (req authorizationRequest, toPerson, toClient string) {
	req = authorizationRequest{scope: q.Get("scope"), state: q.Get("state"), nonce: q.Get("nonce"),
		challenge: q.Get("code_challenge"), prompt: q.Get("prompt"), maxAge: -1}
	if q.Get("client_id") != ClientID {
		return req, "The program that sent you here is not known.", ""
	}
	if req.redirectURI = redirectURI(q.Get("redirect_uri")); req.redirectURI == nil {
		return req, "The program that sent you here gave an address that is not registered for it.", ""
	}
	if q.Get("response_type") != "code" {
		return req, "", "unsupported_response_type"
	}
	if len(req.challenge) != 43 || q.Get("code_challenge_method") != "S256" {
		return req, "", "invalid_request"
	}
	if v := q.Get("max_age"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			return req, "", "invalid_request"
		}
		req.maxAge = time.Duration(n) * time.Second
	}
	return req, "", ""
}

// redirectURI returns the URI if it is one of those registered: http on loopback (RFC 8252 §7.3 and §8.3), ports 8000
// to 8020, without path.
func redirectURI(raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" {
		return nil
	}
	if h := u.Hostname(); h != "localhost" && h != "127.0.0.1" && h != "::1" {
		return nil
	}
	if port, err := strconv.Atoi(u.Port()); err != nil || port < 8000 || port > 8020 {
		return nil
	}
	if raw != "http://"+u.Host { // no path, query, fragment or user
		return nil
	}
	return u
}

// authorize shows the sign-in page, and takes its form: fields email, password and decision (allow or deny).
func (s *Sandbox) authorize(w http.ResponseWriter, r *http.Request) {
	req, toPerson, toClient := parseAuthorization(r.URL.Query())
	if toPerson != "" {
		showError(w, http.StatusBadRequest, toPerson)
		return
	}
	back := func(v url.Values) {
		if req.state != "" {
			v.Set("state", req.state)
		}
		u := *req.redirectURI
		u.RawQuery = v.Encode()
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, u.String(), http.StatusSeeOther)
	}
	if toClient != "" {
		back(url.Values{"error": {toClient}})
		return
	}
	form := s.signInForm(r, req.scope, req.redirectURI.String())
	current := s.currentSession(r)
	if current != nil && (req.prompt == "login" || req.maxAge >= 0 && s.Now().Sub(current.signedIn) > req.maxAge) {
		current = nil
	}
	if r.Method == http.MethodGet {
		if req.prompt == "none" && current == nil {
			back(url.Values{"error": {"login_required"}})
			return
		}
		if req.prompt == "none" {
			back(url.Values{"code": {s.issueCode(current, req)}})
			return
		}
		form.show(w, http.StatusOK, current)
		return
	}
	current, denied := form.submitted(w, current)
	switch {
	case denied:
		back(url.Values{"error": {"access_denied"}, "error_description": {"The request was denied."}})
	case current != nil:
		back(url.Values{"code": {s.issueCode(current, req)}})
	}
}

// issueCode makes a grant and the code for it.
func (s *Sandbox) issueCode(current *session, req authorizationRequest) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.newGrant(current, req.scope)
	g.nonce = req.nonce
	text := rand.Text()
	s.codes[text] = &code{grant: g, redirectURI: req.redirectURI.String(), challenge: req.challenge,
		expires: s.now().Add(time.Duration(s.settings.CodeLifetime))}
	return text
}

func (s *Sandbox) newGrant(current *session, scope string) *grant {
	s.prune()
	s.changed = true
	s.stats.SignIns++
	g := &grant{id: rand.Text(), email: current.email, scope: scope, signedIn: current.signedIn,
		ends: current.signedIn.Add(time.Duration(s.settings.SessionLifetime))}
	s.grants[g.id] = g
	return g
}

// currentSession returns the session of a browser, or nil.
func (s *Sandbox) currentSession(r *http.Request) *session {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	current := s.sessions[cookie.Value]
	if current == nil || s.now().Sub(current.signedIn) >= time.Duration(s.settings.SessionLifetime) {
		return nil
	}
	return current
}

// signIn checks a password, and starts a browser session. The result is nil when it is wrong.
func (s *Sandbox) signIn(w http.ResponseWriter, email, password string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[email]
	if a == nil || a.password == "" || subtle.ConstantTimeCompare([]byte(a.password), []byte(password)) != 1 {
		return nil
	}
	id := rand.Text()
	s.sessions[id] = &session{email: email, signedIn: s.now()}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: id, Path: "/", Secure: true, HttpOnly: true,
		SameSite: http.SameSiteLaxMode})
	return s.sessions[id]
}
