package login

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func TestRefresh(t *testing.T) {
	w := newWorld(t) // its provider ends a sign-in whose refresh token comes twice
	w.browserLogin()
	for range 5 {
		w.pass(9*time.Minute + 30*time.Second)
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				if token, err := w.token(); err != nil || !token.goodAt(w.now()) ||
					token.Principal != sandbox.AdminUser {
					t.Errorf("got %v, %v", token, err)
				}
			})
		}
		wg.Wait()
	}
	if got := w.sandbox.Stats().Exchanges[sandbox.GrantRefreshToken]; got != 5 {
		t.Errorf("%d refreshes, want 5", got)
	}
	if failed := w.sandbox.Stats().Failed; len(failed) != 0 {
		t.Errorf("refused: %v", failed)
	}
}

func TestRefreshIsRefused(t *testing.T) {
	w := newWorld(t)
	w.browserLogin()
	w.sandbox.RevokeSessions(sandbox.AdminUser)
	w.pass(time.Hour)
	_, err := w.token()
	wantError(t, err, tooOld,
		"kubectl edge login --profile work")
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than a line: %v", err)
	}
	required, ok := errors.AsType[*RequiredError](err)
	if !ok || required.Generation == "" {
		t.Errorf("%v is no RequiredError with the session's generation", err)
	}
	_, err = w.token()
	wantError(t, err, "nobody is logged in", "kubectl edge login")
	if names, err := w.account().Secrets.Names(); len(names) != 0 || err != nil {
		t.Errorf("sealed: %v, %v; want none", names, err)
	}
}

func TestRefreshFails(t *testing.T) {
	shared := newWorld(t)
	for _, preset := range []string{"cut", "bad-gateway", "too-many-requests", "html", "unauthorized"} {
		t.Run(preset, func(t *testing.T) {
			shared.sandbox.Configure(func(s *sandbox.Settings) { s.ClockOffset = 0 })
			w := shared.fresh(t)
			w.browserLogin()
			w.pass(time.Hour)
			if err := w.sandbox.Inject(sandbox.Fault{Preset: preset, Path: "/oauth/v2/token", Times: 1}); err != nil {
				t.Fatal(err)
			}
			_, err := w.token()
			if err == nil || !strings.Contains(err.Error(),
				`renew the session of profile "work": exchange refresh token at `) || hint.Of(err) == "" {
				t.Errorf("error %v, hint %q", err, hint.Of(err))
			}
			w.wantToken(sandbox.AdminUser) // the session is still there
		})
	}
}

// Ctrl-C does not lose the refresh token that is on its way.
func TestRefreshIsInterrupted(t *testing.T) {
	w := newWorld(t)
	w.browserLogin()
	w.pass(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	plain := w.client.Transport
	w.client.Transport = cancelAfter(plain, cancel)
	source, err := w.account().Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source.Token(ctx); err != nil {
		t.Error(err)
	}
	w.client.Transport = plain
	w.pass(time.Hour)
	w.wantToken(sandbox.AdminUser)
}

// Ctrl-C is spoken of where somebody pressed it, and not where the time was over.
func TestRefreshSaysWhoInterruptsIt(t *testing.T) {
	shared := newWorld(t)
	for name, cause := range map[string]error{"pressed": context.Canceled, "late": errors.New("no answer within 5s"),
		"deadline": context.DeadlineExceeded} {
		t.Run(name, func(t *testing.T) {
			shared.sandbox.Configure(func(s *sandbox.Settings) { s.ClockOffset = 0 })
			w := shared.fresh(t)
			w.browserLogin()
			w.pass(time.Hour)
			ctx, cancel := context.WithCancelCause(t.Context())
			said := make(chan string, 1)
			w.client.Transport = cancelAfter(w.client.Transport, func() {
				cancel(cause)
				if cause == context.Canceled {
					said <- <-said // the answer comes after it
				}
			})
			a := w.account()
			a.Say = func(format string, _ ...any) { said <- format }
			source, err := a.Open(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := source.Token(ctx); err != nil {
				t.Error(err)
			}
			select {
			case line := <-said:
				if cause != context.Canceled || !strings.Contains(line, "Ctrl-C again") {
					t.Errorf("said %q", line)
				}
			default:
				if cause == context.Canceled {
					t.Error("nothing was said")
				}
			}
		})
	}
}

func TestLogoutRevokes(t *testing.T) {
	w := newWorld(t)
	w.browserLogin()
	if err := w.account().Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.sandbox.Stats().Revocations; got != 1 {
		t.Errorf("%d revocations, want 1", got)
	}
	w.sandbox.Configure(func(s *sandbox.Settings) { s.NoRevocation = true })
	w.browserLogin()
	if err := w.account().Logout(t.Context()); err != nil {
		t.Errorf("a provider without revocation: %v", err)
	}
	w.sandbox.Configure(func(s *sandbox.Settings) { s.NoRevocation = false })

	w.browserLogin()
	if err := w.sandbox.Inject(sandbox.Fault{Preset: "unavailable", Path: "/oauth/v2/revoke"}); err != nil {
		t.Fatal(err)
	}
	err := w.account().Logout(t.Context())
	wantError(t, err, "logged out here, but the login may still be valid", "portal")
	_, err = w.token()
	wantError(t, err, "nobody is logged in", "")
}

// What cannot be removed here keeps nobody from ending the login at the provider.
func TestLogoutRevokesWhateverStaysBehind(t *testing.T) {
	w := newWorld(t)
	dirs := w.account().Dirs
	folder := func(path ...string) string { // that is not empty, so that it stays
		path = append([]string{dirs.State}, path...)
		if err := os.MkdirAll(filepath.Join(append(path, "x")...), 0o700); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(path...)
	}
	stuck := ""
	logout := func(revocations int) error {
		t.Helper()
		p := &person{w: w}
		_, err := w.account().Login(t.Context(), browserSignIn{Interaction: p.interaction(p.browse(true))})
		if _, left := errors.AsType[*LeftBehindError](err); left != (stuck != "") || err != nil && !left {
			t.Fatalf("log in beside %q: %v", stuck, err)
		}
		err = w.account().Logout(t.Context())
		if got := w.sandbox.Stats().Revocations; got != revocations {
			t.Errorf("%d revocations, want %d", got, revocations)
		}
		if _, errToken := w.token(); errToken == nil {
			t.Error("it is still logged in")
		}
		return err
	}
	folder("sessions", atomicfile.TempPrefix+"work.json-1")
	if err := logout(1); err != nil {
		t.Errorf("a leftover that cannot be swept: %v", err)
	}
	stuck = folder("secrets", "work.stuck.sealed")
	wantError(t, logout(2), "log out: delete secret \"work.stuck\"", "")
	if err := w.sandbox.Inject(sandbox.Fault{Preset: "unavailable", Path: "/oauth/v2/revoke"}); err != nil {
		t.Fatal(err)
	}
	err := logout(2)
	wantError(t, err, stuck, "portal")
	wantError(t, err, "\nthe login may still be valid at the identity provider: revoke at ", "")
}

func TestLoginOnce(t *testing.T) {
	w := newWorld(t)
	p := &person{w: w}
	asked := func() error {
		_, err := w.token()
		required, ok := errors.AsType[*RequiredError](err)
		if !ok {
			return err
		}
		_, err = w.account().LoginOnce(t.Context(), browserSignIn{Interaction: p.interaction(p.browse(true))}, required)
		return err
	}
	all := func() {
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				if err := asked(); err != nil {
					t.Error(err)
				} else if token, err := w.token(); err != nil || !token.goodAt(w.now()) {
					t.Errorf("after the login: %v, %v", token, err)
				}
			})
		}
		wg.Wait()
	}
	all()
	if got := w.sandbox.Stats().SignIns; got != 1 {
		t.Errorf("%d sign-ins, want 1", got)
	}
	w.sandbox.RevokeSessions(sandbox.AdminUser)
	w.pass(time.Hour)
	all()
	if got := w.sandbox.Stats().SignIns; got != 2 {
		t.Errorf("%d sign-ins after the session had ended, want 2", got)
	}
	p.wantPage(http.StatusOK, "You are logged in")
}

func TestLoginBackOff(t *testing.T) {
	w := newWorld(t)
	p := &person{w: w}
	tries := 0
	attempt := func(allow bool) error {
		_, err := w.account().LoginOnce(t.Context(),
			browserSignIn{Interaction: p.interaction(func(address string) error {
				tries++
				return p.browse(allow)(address)
			})}, &RequiredError{})
		return err
	}
	wantTries := func(want int) {
		t.Helper()
		if tries != want {
			t.Errorf("the browser was opened %d times, want %d", tries, want)
		}
	}
	wantError(t, attempt(false), "the sign-in was denied", "")
	wantError(t, attempt(true), "the sign-in was denied (at ", "kubectl edge login --profile work")
	wantTries(1)
	for i, wait := range []time.Duration{15, 30, 60, 120, 240, 240} {
		w.pass(wait*time.Second - 2*time.Second)
		wantError(t, attempt(true), "not tried again on its own before", "kubectl edge login")
		wantTries(i + 1)
		w.pass(2 * time.Second)
		wantError(t, attempt(false), "the sign-in was denied", "")
		wantTries(i + 2)
	}
	w.pass(forgetFailure + time.Second)
	wantError(t, attempt(false), "the sign-in was denied", "")
	w.pass(16 * time.Second)
	if err := attempt(true); err != nil {
		t.Errorf("the back-off did not clear itself: %v", err)
	}
	if err := w.account().Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantError(t, attempt(false), "the sign-in was denied", "")
	w.login() // by hand, and at once
	if err := w.account().Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := attempt(true); err != nil {
		t.Errorf("a login that worked did not end the back-off: %v", err)
	}
}

func TestInteractive(t *testing.T) {
	for method, want := range map[string]string{
		"": MethodBrowser, MethodBrowser: MethodBrowser, methodDevice: methodDevice,
		methodServiceAccountKey: "", MethodSTACKITCLI: "", methodAccessToken: "",
	} {
		c, ok := Interactive(method, Interaction{})
		if ok != (want != "") || ok && c.Method() != want {
			t.Errorf("Interactive(%q) = %v, %v", method, c, ok)
		}
	}
}

// Who waits for another process's sign-in hears of it, and goes on with a session that was made elsewhere meanwhile.
func TestWaitForAnotherSignIn(t *testing.T) {
	w := newWorld(t)
	first := w.account()
	if err := first.prepare(); err != nil {
		t.Fatal(err)
	}
	_, unlock, err := first.awaitLogin(t.Context(), &RequiredError{}) // for a sign-in that nobody finishes
	if err != nil {
		t.Fatal(err)
	}
	second := w.account()
	said := make(chan string, 1)
	second.Say = func(format string, args ...any) { said <- fmt.Sprintf(format, args...) }
	type result struct {
		session profile.Session
		err     error
	}
	done := make(chan result, 1)
	go func() {
		session, err := second.LoginOnce(t.Context(), browserSignIn{},
			&RequiredError{Profile: "work", Reason: "nobody is logged in"})
		done <- result{session, err}
	}()
	text := <-said
	for _, want := range []string{
		fmt.Sprintf("Waiting for process %d (%s), ", os.Getpid(), filepath.Base(os.Args[0])),
		`sign-in for profile "work"`, "kubectl edge login --profile work elsewhere", "Ctrl-C",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it says %q, want %q", text, want)
		}
	}
	made := w.login()
	if got := <-done; got.err != nil || got.session.Generation != made.Generation {
		t.Errorf("got %v, %v; want the session that was made elsewhere", got.session, got.err)
	}
	unlock()
	if got := first.holder(); got != "another command of yours" {
		t.Errorf("afterwards it would wait for %q", got)
	}
	for _, damaged := range []string{"", "{}", `{"process":7}`, `{"process":7,"program":"\u001b[2J"}`} {
		w.write("state/sessions/work.signing-in", []byte(damaged))
		if got := first.holder(); got != "another command of yours" {
			t.Errorf("with %q beside the lock it waits for %q", damaged, got)
		}
	}
}

// Where a program keeps what is shown and no browser opens, a person cannot sign in: nobody waits for that.
func TestNobodySeesTheAddress(t *testing.T) {
	w := newWorld(t)
	p := &person{w: w}
	i := p.interaction(func(string) error { return errors.New("no browser") })
	i.Unseen = true
	_, err := w.account().Login(t.Context(), browserSignIn{Interaction: i})
	wantError(t, err, "no browser could be opened", "in a terminal: kubectl edge login --profile work")
}
