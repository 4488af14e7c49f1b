package login

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// open is the source of another process.
func (w *world) open() Source {
	w.t.Helper()
	source, err := w.account().Open(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return source
}

func (w *world) exchanges(grant string) int { return w.sandbox.Stats().Exchanges[grant] }

// Many processes have the same token refused: one renews, the others take what it got.
func TestRenewOnceForAll(t *testing.T) {
	w := newWorld(t)
	w.browserLogin()
	old := w.wantToken(sandbox.AdminUser)
	before := w.exchanges(sandbox.GrantRefreshToken)
	sources := make([]Source, 40)
	for i := range sources {
		sources[i] = w.open()
		if token, err := sources[i].Token(t.Context()); err != nil || token != old {
			t.Fatalf("got %v, %v; want the session's token", token, err)
		}
	}
	var wg sync.WaitGroup
	for _, source := range sources {
		wg.Go(func() {
			token, err := source.Renew(t.Context(), old.Token)
			if err != nil || token.Token == old.Token || !token.goodAt(w.now()) {
				t.Errorf("renewed: %v, %v", token, err)
			}
			if again, err := source.Token(t.Context()); err != nil || again != token {
				t.Errorf("afterwards: %v, %v; want the renewed one", again, err)
			}
		})
	}
	wg.Wait()
	if got := w.exchanges(sandbox.GrantRefreshToken) - before; got != 1 {
		t.Errorf("%d renewals, want 1", got)
	}
	if token := w.wantToken(sandbox.AdminUser); token.Token == old.Token {
		t.Error("the next process gets the refused token")
	}
}

// Requests of one process that run at the same time have one token refused together.
func TestRenewOnceInAProcess(t *testing.T) {
	w := newWorld(t)
	w.browserLogin()
	source := w.open()
	old, err := source.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first, err := source.Renew(t.Context(), old.Token)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := source.Renew(t.Context(), old.Token); err != nil || second != first {
		t.Errorf("the second request got %v, %v; want the token that the first one renewed", second, err)
	}
	_, err = source.Renew(t.Context(), first.Token)
	wantError(t, err, `profile "work": STACKIT refuses the tokens of the session, also a renewed one`,
		"kubectl edge login --profile work")
	required, ok := errors.AsType[*RequiredError](err)
	if !ok || required.Generation == "" || required.Method != MethodBrowser {
		t.Errorf("%v does not ask for a login in place of the session", err)
	}
	if got := w.exchanges(sandbox.GrantRefreshToken); got != 1 {
		t.Errorf("%d renewals, want 1", got)
	}
}

// A session that was ended at the provider is over, although its access token looks good.
func TestRenewOfAnEndedSession(t *testing.T) {
	w := newWorld(t)
	w.browserLogin()
	source := w.open()
	old, err := source.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.sandbox.RevokeSessions(sandbox.AdminUser)
	_, err = source.Renew(t.Context(), old.Token)
	wantError(t, err, tooOld, "kubectl edge login")
	if required, ok := errors.AsType[*RequiredError](err); !ok || required.Generation == "" {
		t.Errorf("%v is no RequiredError with the session's generation", err)
	}
	_, err = w.token()
	wantError(t, err, "nobody is logged in", "kubectl edge login")
}

func TestRenewOfTheEnvironment(t *testing.T) {
	w := newWorld(t)
	key := w.keyFile()
	w.env["STACKIT_SERVICE_ACCOUNT_KEY_PATH"] = key.Path
	source := w.open()
	old, err := source.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.pass(time.Second) // the same second may have the same token
	token, err := source.Renew(t.Context(), old.Token)
	if err != nil {
		t.Fatal(err)
	}
	_, err = source.Renew(t.Context(), token.Token)
	wantError(t, err, "STACKIT refuses the tokens of the service account key", "check that service account")

	w.env = map[string]string{"STACKIT_ACCESS_TOKEN": token.Token}
	source = w.open()
	if _, err := source.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = source.Renew(t.Context(), token.Token)
	wantError(t, err, "STACKIT refuses the token in STACKIT_ACCESS_TOKEN",
		"set STACKIT_ACCESS_TOKEN to a new one, or unset it and log in: kubectl edge login --profile work")
	if _, ok := errors.AsType[*RequiredError](err); ok {
		t.Error("a login would change nothing: the environment goes first")
	}
}
