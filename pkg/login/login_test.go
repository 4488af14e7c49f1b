package login

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore/keyringtest"
)

// world is a sandbox and a machine that logs in there.
type world struct {
	t       *testing.T
	sandbox *sandbox.Sandbox
	client  *http.Client
	dir     string
	env     map[string]string
	profile profile.Profile
	trusted []string

	mu     sync.Mutex
	offset time.Duration // of the machine's clock
}

func newWorld(t *testing.T, options ...func(*sandbox.Options)) *world {
	t.Helper()
	s, srv := sandboxtest.Start(t, options...)
	return &world{
		t: t, sandbox: s, client: sandboxtest.Client(t, s), dir: t.TempDir(), env: map[string]string{},
		profile: profile.Profile{Endpoints: profile.Endpoints{
			Edge: s.EdgeURL(), ResourceManager: s.ResourceManagerURL(), IdentityProvider: s.IdentityProvider(),
		}},
		trusted: []string{strings.TrimPrefix(srv.URL, "https://")},
	}
}

// fresh is another machine before the same sandbox, which makes tables of failures quick: a sandbox has keys to make.
func (w *world) fresh(t *testing.T) *world {
	t.Helper()
	w.sandbox.ClearFaults()
	client := *w.client
	return &world{
		t: t, sandbox: w.sandbox, client: &client, dir: t.TempDir(), env: map[string]string{},
		profile: w.profile, trusted: w.trusted, offset: w.offset,
	}
}

// work is the profile of the tests, beside the default one.
var work = profile.Scope{Config: &profile.Config{}, Name: "work"}

// account is what another process would make.
func (w *world) account() *Account {
	d := dirs.Dirs{Config: w.dir + "/config", State: w.dir + "/state"}
	return &Account{
		Dirs: d, Name: "work", Command: work.Command, Profile: w.profile, Trusted: w.trusted, HTTP: w.client,
		Secrets: secretstore.Open(secretstore.Options{Dir: d.State + "/secrets",
			Keyring: keyringtest.None("test")}),
		Env: envcredential.Of(func(name string) string { return w.env[name] }),
		Now: w.now,
	}
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.offset)
}

// pass lets time go by, here and in the sandbox.
func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	w.offset += d
	w.mu.Unlock()
	w.sandbox.Advance(d)
}

func (w *world) write(name string, data []byte) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func (w *world) keyFile() KeyFile {
	return KeyFile{Path: w.write("key.json", w.sandbox.ServiceAccountKey())}
}

func (w *world) login() profile.Session {
	w.t.Helper()
	session, err := w.account().Login(w.t.Context(), w.keyFile())
	if err != nil {
		w.t.Fatal(err)
	}
	return session
}

// token is what a new process gets.
func (w *world) token() (AccessToken, error) {
	source, err := w.account().Open(w.t.Context())
	if err != nil {
		return AccessToken{}, err
	}
	return source.Token(w.t.Context())
}

func (w *world) wantToken(principal string) AccessToken {
	w.t.Helper()
	token, err := w.token()
	if err != nil {
		w.t.Fatal(err)
	}
	if token.Principal != principal || !token.goodAt(w.now()) {
		w.t.Errorf("got %v until %v, want a good token of %s", token, token.Expires, principal)
	}
	return token
}

func (w *world) wantExchanges(want int) {
	w.t.Helper()
	n := 0
	for _, exchanges := range w.sandbox.Stats().Exchanges {
		n += exchanges
	}
	if n != want {
		w.t.Errorf("%d token requests succeeded, want %d", n, want)
	}
}

// files returns what is on disk below the machine's folders, by name.
func (w *world) files() map[string]string {
	w.t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(w.dir+"/state", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Base(path) == "lock" || filepath.Ext(path) == ".lock" {
			return err
		}
		data, err := os.ReadFile(path)
		files[path] = string(data)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.t.Fatal(err)
	}
	return files
}

// wantError checks that err says so and has a next step, and that no secret of the sandbox's key is in it.
func wantError(t *testing.T, err error, want, next string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %q", want)
	}
	text := err.Error() + "\n" + hint.Of(err)
	if !strings.Contains(err.Error(), want) || !strings.Contains(hint.Of(err), next) {
		t.Errorf("error %q\nhint  %q\nwant  %q\n and  %q", err, hint.Of(err), want, next)
	}
	if strings.Contains(hint.Of(err), "$(") {
		t.Errorf("a shell would run what is in the hint: %s", hint.Of(err))
	}
	for _, secret := range []string{"PRIVATE KEY", "eyJ", "assertion=", "code="} {
		if strings.Contains(text, secret) {
			t.Errorf("the error has %q in it: %s", secret, text)
		}
	}
}

func TestLoginWithKey(t *testing.T) {
	w := newWorld(t)
	before := w.now().Add(-time.Second)
	session := w.login()
	if session.Principal != sandbox.AdminServiceAccount || session.Method != methodServiceAccountKey ||
		session.Profile != "work" || session.Generation == "" || session.Created.Before(before) {
		t.Errorf("session: %+v", session)
	}
	saved, err := profile.LoadSession(w.account().Dirs, "work")
	if err != nil || saved != session {
		t.Errorf("saved session: %+v, %v; want %+v", saved, err, session)
	}
	token := w.wantToken(sandbox.AdminServiceAccount)
	w.wantToken(sandbox.AdminServiceAccount)
	w.wantExchanges(1) // the one that proved the key

	for path, content := range w.files() {
		for _, secret := range []string{token.Token, "PRIVATE KEY", "privateKey"} {
			if strings.Contains(content, secret) {
				t.Errorf("%s holds a secret", path)
			}
		}
	}
	for _, text := range []string{fmt.Sprint(token), fmt.Sprintf("%+v %#v", token, token)} {
		if strings.Contains(text, token.Token) {
			t.Errorf("printing the token reveals it: %s", text)
		}
	}
}

func TestTokenIsRenewed(t *testing.T) {
	w := newWorld(t)
	w.login()
	source, err := w.account().Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first, err := source.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.pass(8 * time.Minute)
	w.wantExchanges(1)
	w.pass(90 * time.Second) // half a minute is left
	second, err := source.Token(t.Context())
	if err != nil || second.Token == first.Token || !second.goodAt(w.now()) {
		t.Errorf("a token with half a minute left was not renewed: %v, %v", second, err)
	}
	if w.wantToken(sandbox.AdminServiceAccount).Token != second.Token {
		t.Error("another process does not get the renewed token")
	}
	w.wantExchanges(2)
}

func TestOneRenewalForAll(t *testing.T) {
	w := newWorld(t)
	w.login()
	w.pass(time.Hour)
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if token, err := w.token(); err != nil || !token.goodAt(w.now()) {
				t.Errorf("got %v, %v", token, err)
			}
		})
	}
	wg.Wait()
	w.wantExchanges(2)
}

func TestClocksDiffer(t *testing.T) {
	for _, skew := range []time.Duration{-time.Minute, time.Minute} {
		t.Run(skew.String(), func(t *testing.T) {
			w := newWorld(t)
			w.sandbox.Advance(skew)
			w.login()
			token := w.wantToken(sandbox.AdminServiceAccount)
			if life := token.Expires.Sub(w.now()); life > 10*time.Minute {
				t.Errorf("the token of ten minutes seems to live for %v", life)
			}
			w.wantExchanges(1)
			w.browserLogin()
			w.pass(9*time.Minute + 30*time.Second)
			w.wantToken(sandbox.AdminUser)
			w.wantExchanges(3)
		})
	}
}

func TestLoginReplaces(t *testing.T) {
	w := newWorld(t)
	first := w.login()
	open, err := w.account().Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	reader, err := w.sandbox.ServiceAccountKeyOf(sandbox.ReaderServiceAccount)
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.account().Login(t.Context(), KeyFile{Path: w.write("reader.json", reader)})
	if err != nil {
		t.Fatal(err)
	}
	if first.Generation == second.Generation {
		t.Error("both logins have the same generation")
	}
	w.wantToken(sandbox.ReaderServiceAccount)
	if _, err := open.Token(t.Context()); err == nil {
		t.Error("the session that was replaced still gives tokens")
	}
	if names, err := w.account().Secrets.Names(); len(names) != 1 || err != nil {
		t.Errorf("sealed: %v, %v; want the new session's alone", names, err)
	}
}

func TestFailedLoginChangesNothing(t *testing.T) {
	for _, loggedIn := range []bool{false, true} {
		t.Run(fmt.Sprint("logged in before ", loggedIn), func(t *testing.T) {
			w := newWorld(t)
			if loggedIn {
				w.login()
			}
			before := w.files()
			key := w.keyFile()
			w.sandbox.RevokeServiceAccountKey(sandbox.AdminServiceAccount)
			_, err := w.account().Login(t.Context(), key)
			wantError(t, err, "the key is not known there", "kubectl edge login --profile work --service-account-key")
			if after := w.files(); !mapsEqual(before, after) {
				t.Errorf("files before: %v\nafter: %v", before, after)
			}
		})
	}
}

func mapsEqual(a, b map[string]string) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

func TestLogout(t *testing.T) {
	w := newWorld(t)
	if err := w.account().Logout(t.Context()); err != nil {
		t.Errorf("nobody is logged in: %v", err)
	}
	w.login()
	open, err := w.account().Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.account().Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if names, err := w.account().Secrets.Names(); len(names) != 0 || err != nil {
		t.Errorf("sealed: %v, %v; want none", names, err)
	}
	_, err = w.token()
	wantError(t, err, "nobody is logged in", "kubectl edge login --profile work")
	if _, ok := errors.AsType[*RequiredError](err); !ok {
		t.Errorf("%v is no RequiredError", err)
	}
	if _, err := open.Token(t.Context()); err == nil {
		t.Error("a session that ended still gives tokens")
	}
}

// The secret is of no use with endpoints, or a session, that somebody changed afterwards.
func TestSecretIsBound(t *testing.T) {
	attacker, shared := newWorld(t), newWorld(t)
	for name, change := range map[string]func(*world){
		"identity provider": func(w *world) {
			w.profile.Endpoints.IdentityProvider = attacker.sandbox.IdentityProvider()
		},
		"edge": func(w *world) { w.profile.Endpoints.Edge = attacker.sandbox.EdgeURL() },
		"resource manager": func(w *world) {
			w.profile.Endpoints.ResourceManager = attacker.sandbox.ResourceManagerURL()
		},
		"service account token": func(w *world) {
			w.profile.Endpoints.ServiceAccountToken = attacker.sandbox.ServiceAccountTokenURL()
		},
		"principal": func(w *world) {
			session, err := profile.LoadSession(w.account().Dirs, "work")
			if err != nil {
				t.Fatal(err)
			}
			session.Principal = "somebody.else@sa.stackit.cloud"
			if err := session.Save(w.account().Dirs); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := shared.fresh(t)
			w.login()
			w.trusted = append(w.trusted, attacker.trusted...)
			w.wantToken(sandbox.AdminServiceAccount)
			change(w)
			_, err := w.token()
			wantError(t, err, "other endpoints", "kubectl edge login")
		})
	}
	if stats := attacker.sandbox.Stats(); stats.Requests != 0 {
		t.Errorf("%d requests went elsewhere", stats.Requests)
	}
}

func (w *world) mkdir(name string) {
	w.t.Helper()
	if err := os.Mkdir(filepath.Join(w.dir, name), 0o700); err != nil {
		w.t.Fatal(err)
	}
}
