package login

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
)

// refuses has the token endpoint answer so.
func (w *world) refuses(code, description string) {
	plain := w.client.Transport
	w.client.Transport = roundTripFunc(func(r *http.Request) (*http.Response, error) {
		if !strings.HasSuffix(r.URL.Path, "/oauth/v2/token") {
			return plain.RoundTrip(r)
		}
		w.client.Transport = plain
		body, err := json.Marshal(map[string]string{"error": code, "error_description": description})
		return &http.Response{Status: "400 Bad Request", StatusCode: http.StatusBadRequest, Request: r,
			Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body))}, err
	})
}

// What the provider said when it ended the session is kept until the next login or logout.
func TestEndIsKept(t *testing.T) {
	w := newWorld(t)
	w.browserLogin()
	ended, err := w.account().session()
	if err != nil {
		t.Fatal(err)
	}
	w.pass(time.Hour)
	w.refuses("invalid_grant", "Session not active")
	_, err = w.token()
	const why = "the provider refused to renew it (invalid_grant: Session not active)"
	wantError(t, err, `profile "work": the session has ended: `+why, "kubectl edge login --profile work")
	if _, err = w.account().renew(t.Context(), ended, ""); err == nil || !strings.Contains(err.Error(), why) {
		t.Errorf("a process that was later says %v", err)
	}
	end, ok := w.account().LastEnd()
	if age := w.now().Sub(end.Time); !ok || end.Reason != why || age < 0 || age > time.Hour {
		t.Errorf("it ended %v, %v", end, ok)
	}
	w.pass(5 * time.Minute)
	_, err = w.token()
	wantError(t, err, `profile "work": nobody is logged in since the session ended: `+why+", 5m",
		"kubectl edge login --profile work")
	for name, change := range map[string]func(){
		"login":  func() { w.browserLogin() },
		"logout": func() { _ = w.account().Logout(t.Context()) },
	} {
		w.write("state/sessions/work.ended", []byte(`{"expirationTimestamp":"2026-01-01T00:00:00Z","reason":"x"}`))
		change()
		if _, err := os.Lstat(w.account().endPath()); err == nil {
			t.Errorf("%s leaves the end of the earlier session", name)
		}
	}
}

// What a server says can quote what was sent to it, and is not to be obeyed.
func TestWordsOfTheProvider(t *testing.T) {
	w := newWorld(t)
	for said, want := range map[string]string{
		"Session not active":                           "Session not active",
		"Token is not active.":                         "Token is not active",
		"The user's session (SSO) died":                "The user's session (SSO) died",
		"refresh token 'v1.MjAyNi0xMS0yOA' is unknown": "refresh token … is unknown",
		"qX8kPzRtLw is unknown":                        "… is unknown",
		"AADSTS700082: The refresh token has expired.": "… The refresh token has expired",
		"Invalid refresh token (expired): eyJhbGciOi.eyJq.fOT expired at Sat Jan 03 17:38:49 UTC 2015": "" +
			"Invalid refresh token (expired): … expired at Sat Jan … UTC …",
		"The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is " +
			"invalid, expired, revoked, does not match the redirection URI used in the authorization request": "" +
			"The provided authorization grant … authorization code, resource owner credentials) or refresh token is " +
			"invalid, expired, revoked, does not match the …",
		"red \x1b[31malert\x07\nof it": "red … of it",
		"":                             "",
		"eyJhbGciOiJub25lIn0.e30.":     "",
	} {
		if got := plainWords(said); got != want {
			t.Errorf("%q became %q, want %q", said, got, want)
		}
	}
	long := plainWords(strings.Repeat("word ", 1000))
	if len(long) > 170 || !strings.HasSuffix(long, " …") {
		t.Errorf("a long text became %q", long)
	}
	w.browserLogin()
	w.pass(time.Hour)
	g, _, err := w.account().unseal(t.Context(), w.session())
	if err != nil {
		t.Fatal(err)
	}
	secret := g.(*refreshGrant).RefreshToken
	w.refuses("invalid_grant", "token "+secret+"\x1b]0;x\x07 is unknown")
	_, err = w.token()
	kept, _ := os.ReadFile(w.account().endPath())
	if len(kept) == 0 || bytes.Contains(kept, []byte(secret)) || strings.Contains(err.Error(), secret) ||
		strings.ContainsFunc(err.Error(), unicode.IsControl) {
		t.Errorf("the refresh token, or a control character, is in %v or kept", err)
	}
}

func (w *world) session() profile.Session {
	w.t.Helper()
	session, err := w.account().session()
	if err != nil {
		w.t.Fatal(err)
	}
	return session
}

// The file of an end that somebody else wrote says little, and nothing to the terminal.
func TestForeignEnd(t *testing.T) {
	w := newWorld(t)
	w.browserLogin()
	_ = w.account().Logout(t.Context())
	for content, want := range map[string]string{
		`{"reason":"a\u001b[31m"}`:                       "a\uFFFD[31m",
		`{"reason":"` + strings.Repeat("x", 5000) + `"}`: "",
		`{}`: "",
		`[`:  "",
		`{"expirationTimestamp":"x","reason":"it has a bad time"}`: "",
	} {
		w.write("state/sessions/work.ended", []byte(content))
		if end, ok := w.account().LastEnd(); end.Reason != want || ok != (want != "") {
			t.Errorf("%.60s: %v, %v; want %q", content, end, ok, want)
		}
	}
}

// A session that says when it ends has ended then.
func TestEndOfItsTime(t *testing.T) {
	w := newWorld(t)
	w.browserLogin()
	session := w.session()
	for expires, want := range map[time.Time]bool{
		{}: false, w.now().Add(time.Hour): false, w.now().Add(-time.Hour): true,
	} {
		session.Expires = expires
		if err := session.Save(w.account().Dirs); err != nil {
			t.Fatal(err)
		}
		if end, ok := w.account().LastEnd(); ok != want || ok && end.Ago(w.now()) != "its time was over, 60m ago" {
			t.Errorf("%v: %v, %v", expires, end, ok)
		}
	}
}
