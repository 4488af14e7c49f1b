package sandbox

import (
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"
)

//go:embed page.html
var pageHTML string

//go:embed style.css
var styleCSS string

var page = template.Must(template.New("page").Parse(pageHTML))

// pageData is what page.html shows.
type pageData struct {
	Title    string
	Message  string // instead of a form
	Error    string
	AskCode  bool // the form asks for a device's user code alone
	UserCode string
	Client   string
	Grants   []string
	ReturnTo string
	SignedIn string // email, when no password is needed
	Email    string
	Action   string
}

// Account and Password are those that the form shows: here they are no secret, and nobody could guess them.
func (pageData) Account() string  { return AdminUser }
func (pageData) Password() string { return AdminPassword }

func (d pageData) write(w http.ResponseWriter, status int) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin")
	// No form-action: browsers apply it to the redirect back to the client too.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_ = page.Execute(w, d) // the client went away
}

func showError(w http.ResponseWriter, status int, message string) {
	pageData{Title: "This does not work", Error: message}.write(w, status)
}

func serveStyle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write([]byte(styleCSS))
}

// signInForm is the form with which a person signs in, and allows or denies what a client asks.
type signInForm struct {
	s *Sandbox
	r *http.Request
	pageData
}

func (s *Sandbox) signInForm(r *http.Request, scope, returnTo string) signInForm {
	grants := []string{"use STACKIT as you: list projects and Edge instances, and create credentials for them"}
	scopes := strings.Fields(scope)
	if slices.Contains(scopes, "email") {
		grants = append(grants, "see your e-mail address")
	}
	if slices.Contains(scopes, "offline_access") {
		grants = append(grants, "keep doing so for up to "+
			""+shortDuration(time.Duration(s.Settings().SessionLifetime))+" without asking again")
	}
	return signInForm{s: s, r: r, pageData: pageData{Title: "Sign in", Client: "STACKIT CLI", Grants: grants,
		ReturnTo: returnTo, Action: r.URL.RequestURI()}}
}

// shortDuration writes "12h" rather than "12h0m0s".
func shortDuration(d time.Duration) string {
	text := strings.TrimSuffix(d.String(), "0s")
	if t, ok := strings.CutSuffix(text, "h0m"); ok {
		return t + "h"
	}
	return text
}

// show writes the page. With a session no password is asked.
func (f signInForm) show(w http.ResponseWriter, status int, current *session) {
	if current != nil {
		f.SignedIn = current.email
	}
	f.write(w, status)
}

// submitted takes the form. It returns the session of a person who allows, or that they deny; when neither, it has
// answered. A form that another site sent is refused.
func (f signInForm) submitted(w http.ResponseWriter, current *session) (_ *session, denied bool) {
	if err := http.NewCrossOriginProtection().Check(f.r); err != nil {
		showError(w, http.StatusForbidden, "Another site sent this form.")
		return nil, false
	}
	switch f.r.PostFormValue("decision") {
	case "deny":
		return nil, true
	case "allow":
	default:
		showError(w, http.StatusBadRequest, "The form says neither allow nor deny.")
		return nil, false
	}
	if email := f.r.PostFormValue("email"); current == nil || email != "" {
		f.Email = email
		if current = f.s.signIn(w, email, f.r.PostFormValue("password")); current == nil {
			f.Error = "E-mail address or password is wrong."
			f.show(w, http.StatusForbidden, nil)
		}
	}
	return current, false
}
