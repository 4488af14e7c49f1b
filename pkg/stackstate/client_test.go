package stackstate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/fault"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
	sandbox "github.com/kubectl-edge/kubectl-edge/pkg/sandbox/stackstate"
)

const adminToken = "api-token-of-admin"

var start = time.UnixMilli(1_760_000_000_000).UTC()

// server is a sandbox at a time that tests move by hand, with what it was sent.
type server struct {
	url    string
	faults *fault.Handler
	now    time.Time
	sent   []string // method, path and body of each request
	header http.Header
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{now: start}
	h, err := sandbox.New(sandbox.Options{
		Now:       func() time.Time { return s.now },
		APITokens: map[string]sandbox.User{adminToken: {Name: "admin", Roles: []string{sandbox.RoleAdmin}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.faults = fault.New(h).AddPresets("/", sandbox.Presets())
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		s.sent = append(s.sent, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+string(body)))
		s.header = r.Header.Clone()
		s.faults.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	s.url = srv.URL
	return s
}

func (s *server) client(t *testing.T, c Credential) *Client {
	t.Helper()
	client, err := New(Options{URL: s.url + "/", Credential: c, HTTP: http.DefaultClient})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func (s *server) admin(t *testing.T) *Client {
	return s.client(t, Credential{KindAPIToken, adminToken})
}

// TestServiceTokens sends what the OpenAPI files say, and reads all that they say.
func TestServiceTokens(t *testing.T) {
	s := newServer(t)
	c := s.admin(t)
	ctx := t.Context()
	end := start.Add(time.Hour).UnixMilli()
	created, err := c.CreateServiceToken(ctx, NewServiceTokenRequest{Name: "ci", Roles: []string{"r"}, ExpiryDate: end,
		DedicatedSubject: "sub"})
	if err != nil {
		t.Fatal(err)
	}
	if created.Name != "ci" || created.Expiration != end || !strings.HasPrefix(created.Token, "svctok-") {
		t.Errorf("created %+v", created)
	}
	if _, err := c.CreateServiceToken(ctx, NewServiceTokenRequest{Name: "ci", Roles: []string{"r"}}); err != nil {
		t.Fatal(err)
	}
	got, err := c.ServiceTokens(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := []ServiceToken{
		{ID: 107484341630693, LastUpdateTimestamp: start.UnixMilli(), Name: "ci", Expiration: end, Roles: []string{"r"},
			DedicatedSubject: "sub"},
		{ID: 107484341630694, LastUpdateTimestamp: start.UnixMilli(), Name: "ci", Roles: []string{"r"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	if err := c.DeleteServiceToken(ctx, 107484341630693); err != nil {
		t.Fatal(err)
	}
	wantSent := []string{
		fmt.Sprintf(`POST /api/security/tokens {"name":"ci","roles":["r"],"expiryDate":%d,"dedicatedSubject":"sub"}`,
			end),
		`POST /api/security/tokens {"name":"ci","roles":["r"],"dedicatedSubject":""}`,
		`GET /api/security/tokens`,
		`DELETE /api/security/tokens/107484341630693`,
	}
	if diff := cmp.Diff(wantSent, s.sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestHeaders(t *testing.T) {
	s := newServer(t)
	for _, tc := range []struct {
		credential  Credential
		form        HeaderForm
		name, value string
	}{
		{Credential{KindAPIToken, "a"}, APIKeyHeader, "X-Api-Token", "a"},
		{Credential{KindAPIToken, "a"}, AuthorizationHeader, "X-Api-Token", "a"},
		{Credential{KindServiceToken, "s"}, APIKeyHeader, "X-Api-Key", "s"},
		{Credential{KindServiceToken, "s"}, AuthorizationHeader, "Authorization", "ApiKey s"},
		{Credential{KindKubernetesToken, "k"}, APIKeyHeader, "X-Api-Servicebearer", "k"},
	} {
		resp, err := s.client(t, tc.credential).Do(t.Context(), "GET", "/api/server/info", nil, tc.form)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		for _, name := range []string{"X-Api-Token", "X-Api-Key", "Authorization", "X-Api-Servicebearer"} {
			want := ""
			if name == tc.name {
				want = tc.value
			}
			if got := s.header.Get(name); got != want {
				t.Errorf("%v as %s: header %s is %q, want %q", tc.credential, tc.form, name, got, want)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	s := newServer(t)
	list := func(ctx context.Context) error { _, err := s.admin(t).ServiceTokens(ctx); return err }
	for _, tc := range []struct {
		fault fault.Fault
		want  string
	}{
		{fault.Fault{Preset: "unauthorized-html"}, "not StackState's JSON: a proxy or login page may have sent it"},
		{fault.Fault{Preset: "internal-error"},
			"500 Internal Server Error: the database is not available (tracking key "},
		{fault.Fault{Preset: "unauthorized"},
			"401 Unauthorized: the credentials are missing, unknown, expired or deleted"},
		{fault.Fault{Preset: "cut-body"}, "unexpected EOF"},
	} {
		sandboxtest.SetFaults(t, s.faults, tc.fault)
		err := list(t.Context())
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "<html>") {
			t.Errorf("%s: error %q, want %q in it", tc.fault.Preset, err, tc.want)
		}
	}
	s.faults.Clear()
	_, err := s.admin(t).CreateServiceToken(t.Context(),
		NewServiceTokenRequest{Name: "n", Roles: []string{"r"}, ExpiryDate: 1})
	var apiErr *Error
	if !errors.As(err, &apiErr) || apiErr.Type != "ServiceTokenInvalidExpiryError" || apiErr.StatusCode != 400 {
		t.Errorf("expiry in the past: %v", err)
	}
}

// TestLoginPage: a proxy may send its page with 200.
func TestLoginPage(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<html>Sign in</html>")
	}))
	defer srv.Close()
	c, err := New(Options{URL: srv.URL, Credential: Credential{KindAPIToken, "t"}, HTTP: srv.Client()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Connect(t.Context())
	if err == nil || !strings.Contains(err.Error(), "200 OK: Sign in, the answer is text/html, not StackState's JSON") {
		t.Errorf("error %v", err)
	}
	if _, err := c.CreateServiceToken(t.Context(),
		NewServiceTokenRequest{Name: "n", Roles: []string{"r"}}); !Ambiguous(err) {
		t.Errorf("not ambiguous: %v", err)
	}
}

func TestConnect(t *testing.T) {
	s := newServer(t)
	if _, err := s.admin(t).Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	sandboxtest.SetFaults(t, s.faults, fault.Fault{Preset: "old-version"})
	var version *VersionError
	if _, err := s.admin(t).Connect(t.Context()); !errors.As(err, &version) {
		t.Errorf("old server: %v", err)
	}
	s.faults.Clear()
	var connect *ConnectError
	_, err := s.client(t, Credential{KindServiceToken, "svctok-secret"}).Connect(t.Context())
	if !errors.As(err, &connect) || !connect.Unauthorized() {
		t.Fatalf("unknown token: %v", err)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the error shows the token: %v", err)
	}
}

func TestErrorIsPrintable(t *testing.T) {
	resp := &http.Response{Header: http.Header{"Content-Type": {"application/json"}},
		Request: httptest.NewRequest("GET", "/", nil)}
	if err := new(Client).NewError(resp, []byte(`{"message":"\u001b[2J"}`)); strings.Contains(err.Error(), "\x1b") {
		t.Errorf("error %q", err)
	}
}

func TestTooOld(t *testing.T) {
	for _, tc := range []struct {
		version ServerVersion
		want    bool
	}{
		{ServerVersion{Major: 5}, false},
		{ServerVersion{Major: 5, Minor: 1}, false},
		{ServerVersion{Major: 7}, false},
		{ServerVersion{Major: 4, Minor: 6, Patch: 3}, true},
		{ServerVersion{Major: 5, IsDev: true}, true},
		{ServerVersion{Major: 5, Commit: "abc"}, true},
		{ServerVersion{Major: 5, Diff: "20", Commit: "abc"}, false},
		{ServerVersion{Major: 5, Patch: 1, Commit: "abc"}, false},
	} {
		if got := tc.version.tooOld(); got != tc.want {
			t.Errorf("%s: too old %v, want %v", tc.version, got, tc.want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	good := Credential{KindServiceToken, "t"}
	for _, o := range []Options{
		{URL: "stackstate.example", Credential: good},
		{URL: "ftp://stackstate.example", Credential: good},
		{URL: "https://user:password@stackstate.example", Credential: good},
		{URL: "https://stackstate.example?x=y", Credential: good},
		{URL: "https://", Credential: good},
		{URL: "https://password%zz@x", Credential: good},
		{URL: "https://stackstate.example", Credential: Credential{KindServiceToken, ""}},
		{URL: "https://stackstate.example", Credential: Credential{KindServiceToken, "password\n"}},
	} {
		_, err := New(o)
		if err == nil || strings.Contains(err.Error(), "password@") || strings.Contains(err.Error(), "password%") {
			t.Errorf("%s: error %v", o.URL, err)
		}
	}
}

func TestDoRefusesOtherHosts(t *testing.T) {
	s := newServer(t)
	for _, path := range []string{"https://elsewhere.example/", "//elsewhere.example/", "api/x", "@elsewhere.example/",
		""} {
		if resp, err := s.admin(t).Do(t.Context(), "GET", path, nil, APIKeyHeader); err == nil {
			resp.Body.Close()
			t.Errorf("%q was requested", path)
		}
	}
	if len(s.sent) != 0 {
		t.Errorf("sent %v", s.sent)
	}
}

func TestSecretsAreNotFormatted(t *testing.T) {
	for _, v := range []any{Credential{KindServiceToken, "svctok-secret"},
		ServiceTokenCreatedResponse{Name: "n", Token: "svctok-secret"}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "svctok") {
				t.Errorf("%s of %T shows the token", verb, v)
			}
		}
	}
}

// A service token is checked where it enters: text that no header can carry is not one, and is not shown.
func TestCreateServiceTokenChecksTheToken(t *testing.T) {
	for _, answer := range []string{
		`{"token":"a\nb"}`, `{"token":"a b"}`, `{"token":"\u001b[31m"}`, `{"token":"tök"}`, "svctok-a\x1b[31m",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, answer)
		}))
		c, err := New(Options{URL: server.URL, Credential: Credential{KindAPIToken, "t"}, HTTP: server.Client()})
		if err != nil {
			t.Fatal(err)
		}
		created, err := c.CreateServiceToken(t.Context(), NewServiceTokenRequest{Name: "ci", Roles: []string{"r"}})
		if err == nil || created.Token != "" || !Ambiguous(err) {
			t.Errorf("%q: %+v, %v", answer, created, err)
		}
		server.Close()
	}
}
