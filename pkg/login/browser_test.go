package login

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/signin"
)

// person sits at the machine of a world: sees what is written to ErrOut, and signs in.
type person struct {
	w *world

	mu     sync.Mutex
	screen bytes.Buffer

	once  sync.Once
	shown chan shown // see pages
}

// shown is what a browser shows at the end of a sign-in.
type shown struct {
	status int
	header http.Header
	body   string
}

func (p *person) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.screen.Write(data)
}

func (p *person) sees() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.screen.String()
}

// signIn fills in the provider's form and returns where the browser is sent.
func (p *person) signIn(address string, allow bool) (*url.URL, error) {
	return signin.SignIn(p.w.t.Context(), p.w.client, address, sandbox.AdminUser, sandbox.AdminPassword, allow)
}

// visit opens an address of the machine's own in the browser.
func (p *person) visit(address string) error {
	response, err := http.Get(address)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	p.pages() <- shown{response.StatusCode, response.Header, string(body)}
	return err
}

// pages are what the browser showed, in this order. The browser may be later than the login that it is for.
func (p *person) pages() chan shown {
	p.once.Do(func() { p.shown = make(chan shown, 16) })
	return p.shown
}

// browse signs in as a browser does from beginning to end.
func (p *person) browse(allow bool) func(string) error {
	return func(address string) error {
		back, err := p.signIn(address, allow)
		if err != nil {
			return err
		}
		return p.visit(back.String())
	}
}

func (p *person) interaction(open func(string) error) Interaction {
	return Interaction{Allowed: true, In: strings.NewReader(""), ErrOut: p, OpenBrowser: open}
}

// wantPage waits for the next page and checks it: what it says, and that it works without script.
func (p *person) wantPage(status int, text string) {
	p.w.t.Helper()
	var page shown
	select {
	case page = <-p.pages():
	case <-time.After(time.Minute):
		p.w.t.Fatal("no page was shown")
	}
	if page.status != status || !strings.Contains(page.body, text) {
		p.w.t.Errorf("page: %d %s\nwant %d with %q", page.status, page.body, status, text)
	}
	if strings.Contains(page.body, "<script") || !strings.Contains(page.header.Get("Content-Security-Policy"),
		"default-src 'none'") ||
		page.header.Get("Cache-Control") != "no-store" || page.header.Get("Referrer-Policy") != "no-referrer" {
		p.w.t.Errorf("page with script, or headers that are too open: %v", page.header)
	}
}

func (w *world) browserLogin() *person {
	w.t.Helper()
	p := &person{w: w}
	if _, err := w.account().Login(w.t.Context(),
		browserSignIn{Interaction: p.interaction(p.browse(true))}); err != nil {
		w.t.Fatal(err)
	}
	return p
}

func TestBrowser(t *testing.T) {
	w := newWorld(t)
	p := &person{w: w}
	var redirect, back string
	session, err := w.account().Login(t.Context(), browserSignIn{Interaction: p.interaction(func(address string) error {
		if !strings.Contains(p.sees(), address) {
			t.Error("the browser is opened before the address is shown")
		}
		q := mustQuery(t, address)
		for name, want := range map[string]string{"code_challenge_method": "S256", "response_type": "code",
			"scope": "openid offline_access email", "client_id": clientID, "max_age": "43200"} {
			if q.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, q.Get(name), want)
			}
		}
		if len(q.Get("state")) < 20 || len(q.Get("nonce")) < 20 || len(q.Get("code_challenge")) != 43 {
			t.Errorf("state, nonce or code challenge is too short: %v", q)
		}
		redirect = q.Get("redirect_uri")
		back = redirect + "?code=x&state=" + q.Get("state")
		return p.browse(true)(address)
	})})
	if err != nil {
		t.Fatal(err)
	}
	if session.Principal != sandbox.AdminUser || session.Method != MethodBrowser {
		t.Errorf("session: %+v", session)
	}
	p.wantPage(http.StatusOK, "You are logged in")
	if !regexp.MustCompile(`^http://localhost:80[012]\d$`).MatchString(redirect) {
		t.Errorf("redirect URI %q", redirect)
	}
	if err := p.visit(back); err == nil { // another test has the port by now
		if page := <-p.pages(); page.status != http.StatusBadRequest {
			t.Errorf("it still listens after the login: %d", page.status)
		}
	}
	w.wantToken(sandbox.AdminUser)
	w.wantExchanges(1)
}

func mustQuery(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// The address is all that a person needs, whatever becomes of the browser.
func TestBrowserThatDoesNotOpen(t *testing.T) {
	w := newWorld(t)
	p := &person{w: w}
	signedIn := make(chan error, 1)
	_, err := w.account().Login(t.Context(), browserSignIn{Interaction: p.interaction(func(address string) error {
		go func() { signedIn <- p.browse(true)(address) }()
		return errors.New("no browser found")
	})})
	if err := errors.Join(err, <-signedIn); err != nil {
		t.Fatal(err)
	}
	blocked := make(chan struct{})
	defer close(blocked)
	_, err = w.account().Login(t.Context(), browserSignIn{Interaction: p.interaction(func(address string) error {
		go func() { signedIn <- p.browse(true)(address) }()
		<-blocked
		return nil
	})})
	if err := errors.Join(err, <-signedIn); err != nil {
		t.Fatal(err)
	}
}

func TestBrowserSaysThatItDoesNotOpen(t *testing.T) {
	w := newWorld(t)
	p := &person{w: w}
	i := p.interaction(func(string) error { return errors.New("no browser found") })
	i.Timeout = time.Second
	_, err := w.account().Login(t.Context(), browserSignIn{Interaction: i})
	wantError(t, err, "nobody signed in within 1s", "kubectl edge login")
	if !strings.Contains(p.sees(), "No browser could be opened: open the address in one on this machine, or press "+
		"Ctrl-C and use kubectl edge login --no-browser.") {
		t.Errorf("the person sees: %s", p.sees())
	}
}

func TestBrowserFailures(t *testing.T) {
	shared := newWorld(t)
	change := func(address, name, value string) string {
		u, _ := url.Parse(address)
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
		return u.String()
	}
	for _, tc := range []struct {
		name       string
		open       func(*person, string) error
		fault      *sandbox.Fault
		want, next string
		page       string
	}{
		{"denied", func(p *person, address string) error { return p.browse(false)(address) }, nil,
			"the sign-in was denied", "", "The sign-in was denied"},
		{"provider's error", func(p *person, address string) error {
			return p.browse(true)(change(address, "code_challenge_method", "plain"))
		},
			nil, "refused the sign-in: invalid_request", "", "invalid_request"},
		{"of another login", func(p *person, address string) error {
			return p.browse(true)(change(address, "nonce",
				"another"))
		},
			nil, "belongs to another login (nonce)", "", "another login"},
		{"of another verifier", func(p *person, address string) error {
			return p.browse(true)(change(address, "code_challenge", strings.Repeat("A", 43)))
		}, nil, "invalid_grant", "log in once more", "invalid_grant"},
		{"rejected", nil, &sandbox.Fault{Preset: "invalid-grant", Path: "/oauth/v2/token"}, "authorization code",
			"kubectl edge login", "Exchange authorization code"},
		{"broken", nil, &sandbox.Fault{Preset: "bad-gateway", Path: "/oauth/v2/token"}, "a web page came back",
			"try again", "Not logged in"},
		{"cut off", nil, &sandbox.Fault{Preset: "cut", Path: "/oauth/v2/token"}, "EOF", "check the network",
			"Not logged in"},
		{"no keys", nil, &sandbox.Fault{Preset: "internal-error", Path: "/oauth/v2/keys"},
			"ID token cannot be checked: its keys cannot be read", "proxies on the way", "Not logged in"},
		{"no ID token", nil, &sandbox.Fault{Path: "/oauth/v2/token", Status: 200, ContentType: "application/json",
			Body: `{"access_token":"x","token_type":"Bearer","refresh_token":"y"}`}, "sent no ID token", "",
			"Not logged in"},
		{"another's ID token", nil, &sandbox.Fault{Path: "/oauth/v2/token", Status: 200,
			ContentType: "application/json",
			Body: `{"access_token":"x","token_type":"Bearer","refresh_token":"y","id_token":"` +
				testToken(t, "x", time.Now().Add(time.Hour)) + `"}`},
			"ID token", "", "Not logged in"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := shared.fresh(t)
			p := &person{w: w}
			if tc.fault != nil {
				if err := w.sandbox.Inject(*tc.fault); err != nil {
					t.Fatal(err)
				}
			}
			visited := make(chan error, 1)
			_, err := w.account().Login(t.Context(),
				browserSignIn{Interaction: p.interaction(func(address string) error {
					if tc.open == nil {
						visited <- p.browse(true)(address)
					} else {
						visited <- tc.open(p, address)
					}
					return nil
				})})
			wantError(t, err, tc.want, tc.next)
			if err := <-visited; err != nil {
				t.Fatal(err)
			}
			p.wantPage(http.StatusOK, tc.page)
			if len(w.files()) != 0 {
				t.Errorf("left behind: %v", w.files())
			}
		})
	}
}

// The page waits for the session to be stored before it speaks of success.
func TestBrowserLoginIsNotStored(t *testing.T) {
	w := newWorld(t)
	w.mkdir("state")
	w.mkdir("state/sessions")
	w.mkdir("state/sessions/work.json") // a folder in the file's place
	p := &person{w: w}
	if _, err := w.account().Login(t.Context(), browserSignIn{Interaction: p.interaction(p.browse(true))}); err == nil {
		t.Error("the login succeeded")
	}
	p.wantPage(http.StatusOK, "Not logged in")
}

// An access token that was put in the place of another one's is not the ID token's.
func TestBrowserAccessTokenIsReplaced(t *testing.T) {
	w := newWorld(t)
	p := &person{w: w}
	i := p.interaction(p.browse(true))
	plain := w.client.Transport
	w.client = &http.Client{Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
		response, err := plain.RoundTrip(r)
		if err != nil || r.URL.Path != "/oauth/v2/token" {
			return response, err
		}
		body, err := io.ReadAll(response.Body)
		body = bytes.Replace(body, []byte(`"access_token":"`), []byte(`"access_token":"x`), 1)
		response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		return response, err
	})}
	_, err := w.account().Login(t.Context(), browserSignIn{Interaction: i})
	wantError(t, err, "belongs to another access token", "")
	p.wantPage(http.StatusOK, "Not logged in")
}

// What does not belong to the login neither ends nor changes it.
func TestBrowserIgnoresOthers(t *testing.T) {
	w := newWorld(t)
	p := &person{w: w}
	_, err := w.account().Login(t.Context(), browserSignIn{Interaction: p.interaction(func(address string) error {
		base := mustQuery(t, address).Get("redirect_uri")
		for _, query := range []string{"", "?code=stolen", "?code=stolen&state=wrong",
			"?error=access_denied&state=wrong"} {
			if err := p.visit(base + "/" + query); err != nil {
				return err
			}
			p.wantPage(http.StatusBadRequest, "does not belong to the login that is waiting")
		}
		for _, path := range []string{"/favicon.ico", "/x?state=" + mustQuery(t, address).Get("state")} {
			if response, err := http.Get(base + path); err != nil || response.StatusCode != http.StatusNotFound {
				t.Errorf("GET %s: %v, %v", path, response, err)
			}
		}
		return p.browse(true)(address)
	})})
	if err != nil {
		t.Fatal(err)
	}
	p.wantPage(http.StatusOK, "You are logged in")
}

func TestCallbackIsGoodForOneUse(t *testing.T) {
	c := serve(nil, 8000, "state")
	visit := func(ctx context.Context) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		c.server.Handler.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/?code=c&state=state", nil))
		return w
	}
	closedTab, cancel := context.WithCancel(t.Context())
	cancel()
	visit(closedTab) // its answer counts all the same
	if again := visit(t.Context()); again.Code != http.StatusConflict ||
		!strings.Contains(again.Body.String(), "used before") {
		t.Errorf("second use: %d %s", again.Code, again.Body)
	}
	if a := <-c.answers; a.code != "c" || a.err != nil {
		t.Errorf("answer: %+v", a)
	}
	c.report("", nil)
}

func TestBrowserPorts(t *testing.T) {
	first, err := listen(t.Context(), 0, "state")
	if err != nil {
		t.Fatal(err)
	}
	defer first.report("", nil)
	second, err := listen(t.Context(), 0, "state")
	if err != nil {
		t.Fatal(err)
	}
	defer second.report("", nil)
	if first.port == second.port || second.port < firstPort || second.port > lastPort {
		t.Errorf("ports %d and %d", first.port, second.port)
	}
	_, err = listen(t.Context(), first.port, "state")
	wantError(t, err, "no free port", "--no-browser")
	_, err = listen(t.Context(), 9000, "state")
	wantError(t, err, "ports 8000 to 8020 alone", "")

	// On a machine without IPv6.
	third := listenOn(t.Context(), []string{"127.0.0.1"}, 0)
	if len(third) != 1 {
		t.Fatal("it does not listen on IPv4 alone")
	}
	_ = third[0].Close()
	if l := listenOn(t.Context(), []string{"127.0.0.1", "192.0.2.1"}, 0); l != nil {
		t.Error("it listens although one address is not to be had")
	}
}

// Anyone who may not be asked is not asked, and nothing is sent.
func TestNotInteractive(t *testing.T) {
	w := newWorld(t)
	p := &person{w: w}
	i := Interaction{In: failingReader{t}, ErrOut: p,
		OpenBrowser: func(string) error { t.Error("a browser was opened"); return nil }}
	for _, c := range []Credential{browserSignIn{Interaction: i}, browserSignIn{Interaction: i, Paste: true},
		deviceSignIn{Interaction: i}} {
		_, err := w.account().Login(t.Context(), c)
		wantError(t, err, "nobody can be asked here", "kubectl edge login --profile work")
		if _, ok := errors.AsType[*RequiredError](err); !ok {
			t.Errorf("%v is no RequiredError", err)
		}
	}
	if p.sees() != "" || w.sandbox.Stats().Requests != 0 {
		t.Errorf("shown: %q; %d requests", p.sees(), w.sandbox.Stats().Requests)
	}
}

type failingReader struct{ t *testing.T }

func (r failingReader) Read([]byte) (int, error) { r.t.Error("the input was read"); return 0, io.EOF }
