package login

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

const (
	cutOff = `profile "work": the session has ended: the last renewal could not be saved, or was cut off, at `
	tooOld = `profile "work": the session has ended: ` +
		`the provider refused to renew it (invalid_grant: too old, or revoked)`
)

// wantEnded uses the session after its access token's life, and checks what is said about its end, and that a login
// is all that is needed.
func (w *world) wantEnded(want string) {
	w.t.Helper()
	w.pass(time.Hour)
	_, err := w.token()
	wantError(w.t, err, want, "kubectl edge login --profile work")
	if strings.Contains(err.Error(), "\n") {
		w.t.Errorf("more than a line: %v", err)
	}
	if required, ok := errors.AsType[*RequiredError](err); !ok || required.Generation == "" {
		w.t.Errorf("%v is no RequiredError with the session's generation", err)
	}
	w.wantNoMark("the session has ended")
	w.browserLogin()
	w.pass(time.Hour)
	w.wantToken(sandbox.AdminUser)
	w.wantNoMark("renewed")
}

func (w *world) wantNoMark(after string) {
	w.t.Helper()
	if _, err := os.Lstat(w.account().renewalPath()); !errors.Is(err, fs.ErrNotExist) {
		w.t.Errorf("%s, and the mark of a renewal is there: %v", after, err)
	}
}

// onExchange calls do when the provider has answered, before the answer is used.
func (w *world) onExchange(do func()) {
	plain := w.client.Transport
	w.client.Transport = roundTripFunc(func(r *http.Request) (*http.Response, error) {
		response, err := plain.RoundTrip(r)
		if strings.HasSuffix(r.URL.Path, "/oauth/v2/token") {
			w.client.Transport = plain
			do()
		}
		return response, err
	})
}

// A renewed session that cannot be saved serves its command, and the next one says what happened.
func TestRenewalIsNotSaved(t *testing.T) {
	w := newWorld(t)
	w.browserLogin()
	w.pass(time.Hour)
	ring := w.account().Dirs.State + "/secrets/keys.json"
	before, err := os.ReadFile(ring)
	if err != nil {
		t.Fatal(err)
	}
	w.onExchange(func() { w.write("state/secrets/keys.json", []byte(`{"version": 99}`)) })
	a := w.account()
	var warning error
	a.Warn = func(err error) { warning = err }
	session, err := a.session()
	if err != nil {
		t.Fatal(err)
	}
	token, err := a.renew(t.Context(), session, "")
	if err != nil || !token.goodAt(w.now()) {
		t.Errorf("got %v, %v; want a token all the same", token, err)
	}
	if warning == nil || !strings.Contains(warning.Error(), "could not be saved") {
		t.Errorf("it warns of %v", warning)
	}
	w.write("state/secrets/keys.json", before)
	last, ok := w.account().lastRenewal()
	if age := w.now().Sub(last.Began); !ok || age < 0 || age > time.Hour {
		t.Errorf("the mark of the renewal: %v, %v", last, ok)
	}
	w.wantEnded(cutOff + last.Began.Local().Format(time.DateTime))
}

func TestRenewalIsKilled(t *testing.T) {
	w := newWorld(t)
	w.write("ca.pem", w.sandbox.CA())
	w.browserLogin()
	killAfter(t, 0, childVariable+"="+strings.Join([]string{"renew in vain", w.dir, w.sandbox.URL()}, "\n"))
	w.wantEnded(cutOff)
}

// Only a renewal that may have spent the session, and of what is sealed now, is why a session ended.
func TestRenewalThatSpentNothing(t *testing.T) {
	shared := newWorld(t)
	for name, before := range map[string]func(w *world){
		"saved": func(w *world) { w.wantToken(sandbox.AdminUser) },
		"killed after the save": func(w *world) {
			var mark []byte
			w.onExchange(func() { mark, _ = os.ReadFile(w.account().renewalPath()) })
			w.wantToken(sandbox.AdminUser)
			if len(mark) == 0 {
				w.t.Fatal("there was no mark of the renewal")
			}
			w.write("state/sessions/work.renewing", mark)
		},
		"nothing was sent": func(w *world) {
			plain := w.client.Transport
			w.client.Transport = roundTripFunc(func(*http.Request) (*http.Response, error) {
				return nil, errors.New("no route to host")
			})
			_, err := w.token()
			wantError(w.t, err, "no route to host", "network")
			w.client.Transport = plain
			w.wantNoMark("nothing was sent")
		},
		"too many requests": func(w *world) {
			fault := sandbox.Fault{Preset: "too-many-requests", Path: "/oauth/v2/token", Times: 1}
			if err := w.sandbox.Inject(fault); err != nil {
				w.t.Fatal(err)
			}
			_, err := w.token()
			wantError(w.t, err, "too many requests", "")
			w.wantNoMark("refused")
		},
		"of an earlier login": func(w *world) {
			w.write("state/sessions/work.renewing", []byte(`{"generation":"00","began":"2026-01-01T00:00:00Z"}`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			shared.sandbox.Configure(func(s *sandbox.Settings) { s.ClockOffset = 0 })
			w := shared.fresh(t)
			w.offset = 0
			w.browserLogin()
			w.pass(time.Hour)
			before(w)
			w.sandbox.RevokeSessions(sandbox.AdminUser)
			w.wantEnded(tooOld)
		})
	}
}

// What comes after a renewal that was cut off and spends nothing does not make that forgotten.
func TestRenewalIsCutOffAndRefusedLater(t *testing.T) {
	w := newWorld(t)
	w.write("ca.pem", w.sandbox.CA())
	w.browserLogin()
	killAfter(t, 0, childVariable+"="+strings.Join([]string{"renew in vain", w.dir, w.sandbox.URL()}, "\n"))
	w.pass(time.Hour)
	fault := sandbox.Fault{Preset: "too-many-requests", Path: "/oauth/v2/token", Times: 1}
	if err := w.sandbox.Inject(fault); err != nil {
		t.Fatal(err)
	}
	_, err := w.token()
	wantError(t, err, "too many requests", "")
	w.wantEnded(cutOff)
}

// A logout and a login leave no mark.
func TestLogoutRemovesTheMark(t *testing.T) {
	w := newWorld(t)
	for name, end := range map[string]func(){
		"login":  func() { w.browserLogin() },
		"logout": func() { _ = w.account().Logout(t.Context()) },
	} {
		w.browserLogin()
		w.write("state/sessions/work.renewing", []byte("{}"))
		w.write("state/sessions/.tmp-work.renewing-1", nil)
		end()
		w.wantNoMark(name)
		if _, err := os.Lstat(w.dir + "/state/sessions/.tmp-work.renewing-1"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: what a killed process left is there: %v", name, err)
		}
	}
}
