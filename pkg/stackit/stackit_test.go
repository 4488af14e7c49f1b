package stackit

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
	"github.com/kubectl-edge/kubectl-edge/pkg/transport"
)

const absentProject = "12345678-0000-4000-8000-123456789abc"

// world is a sandbox and a client of it that notes its pauses instead of sleeping.
type world struct {
	*sandbox.Sandbox
	*Client
	pauses []time.Duration
}

// newWorld signs in as a service account.
func newWorld(t *testing.T, email string) *world {
	t.Helper()
	s, _ := sandboxtest.StartHTTP2(t, func(o *sandbox.Options) { o.Plans = 3 })
	return newWorldOf(t, s, email)
}

// newWorldOf is newWorld with a sandbox that is there.
func newWorldOf(t *testing.T, s *sandbox.Sandbox, email string) *world {
	t.Helper()
	client, err := transport.NewClient(transport.Options{CAData: s.CA()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	token := accessToken(t, client, s, email)
	w := &world{Sandbox: s}
	w.Client = New(client, Endpoints{
		Edge: s.EdgeURL(), ResourceManager: s.ResourceManagerURL(), ServiceEnablement: s.ServiceEnablementURL(),
	},
		fixed(token))
	w.sleep = func(ctx context.Context, d time.Duration) error {
		w.pauses = append(w.pauses, d)
		return ctx.Err()
	}
	return w
}

// tokens gives tokens that cannot be renewed.
type tokens func(context.Context) (string, error)

func (f tokens) Token(ctx context.Context) (string, error) { return f(ctx) }

func (tokens) Renew(context.Context, string) (string, error) { return "", errNotRenewed }

var errNotRenewed = hint.Wrap(errors.New("the token cannot be renewed"), "get another one")

func fixed(token string) tokens { return func(context.Context) (string, error) { return token, nil } }

// accessToken exchanges the service account's key for an access token (RFC 7523).
func accessToken(t *testing.T, client *http.Client, s *sandbox.Sandbox, email string) string {
	t.Helper()
	var key struct {
		Credentials struct{ Kid, Iss, Sub, Aud, PrivateKey, TokenEndpoint string }
	}
	data, err := s.ServiceAccountKeyOf(email)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &key); err != nil {
		t.Fatal(err)
	}
	private, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(key.Credentials.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	now := s.Now()
	assertion := jwt.NewWithClaims(jwt.SigningMethodRS512,
		jwt.MapClaims{"iss": key.Credentials.Iss, "sub": key.Credentials.Sub,
			"aud": key.Credentials.Aud, "jti": t.Name(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()})
	assertion.Header["kid"] = key.Credentials.Kid
	signed, err := assertion.SignedString(private)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.PostForm(key.Credentials.TokenEndpoint,
		url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {signed}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.AccessToken == "" {
		t.Fatalf("token endpoint: %s, %v", resp.Status, err)
	}
	return answer.AccessToken
}

// reset ends the faults and forgets what was counted.
func (w *world) reset() {
	w.ClearFaults()
	w.ResetStats()
	w.pauses = nil
}

// requests counts what reached the sandbox below this path of an instance.
func (w *world) requests(method, path string) int {
	return w.Stats().Paths[method+" /edge/v1beta1/projects/"+sandbox.ProjectID+"/regions/"+sandbox.Region+path]
}

func (w *world) fail(t *testing.T, f sandbox.Fault) {
	t.Helper()
	if err := w.Inject(f); err != nil {
		t.Fatal(err)
	}
}

func TestNothingIsLookedUp(t *testing.T) {
	t.Setenv("STACKIT_SERVICE_ACCOUNT_TOKEN", "from-environment")
	t.Setenv("STACKIT_REGION", "mars01")
	t.Setenv("HOME", t.TempDir())
	var sent []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = append(sent, r.URL.Path+" "+r.Header.Get("Authorization"))
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"instances":[]}`))
	}))
	t.Cleanup(srv.Close)
	httpClient := srv.Client()
	before := httpClient.Transport
	c := New(httpClient, Endpoints{Edge: srv.URL + "/edge/"}, fixed("ours"))
	if _, err := c.Instances(t.Context(), sandbox.ProjectID, "eu01"); err != nil {
		t.Fatal(err)
	}
	want := []string{"/edge/v1beta1/projects/" + sandbox.ProjectID + "/regions/eu01/instances Bearer ours"}
	if !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
	if httpClient.Transport != before {
		t.Error("the caller's HTTP client was changed")
	}
}

// Even an HTTP client that follows redirects to anywhere does not deliver the token there.
func TestTokenStaysWithEndpoint(t *testing.T) {
	var got []string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Authorization"))
	}))
	t.Cleanup(other.Close)
	srv := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	t.Cleanup(srv.Close)
	c := New(&http.Client{}, Endpoints{Edge: srv.URL}, fixed("ours"))
	_, err := c.Instances(t.Context(), sandbox.ProjectID, "eu01")
	if err == nil || !slices.Equal(got, []string{""}) {
		t.Errorf("got %v, the other host received %q", err, got)
	}

	careful, err := transport.NewClient(transport.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(careful.CloseIdleConnections)
	got = nil
	c = New(careful, Endpoints{Edge: srv.URL}, fixed("ours"))
	_, err = c.Instances(t.Context(), sandbox.ProjectID, "eu01")
	var redirect *transport.RedirectError
	if !errors.As(err, &redirect) || got != nil || !strings.Contains(hint.Of(err), "check the endpoint") {
		t.Errorf("got %v (hint %q), the other host received %q", err, hint.Of(err), got)
	}
}

func TestTokensFail(t *testing.T) {
	login := hint.Wrap(errors.New("the session has expired"), "kubectl edge login")
	c := New(http.DefaultClient, Endpoints{Edge: "https://edge.invalid"},
		tokens(func(context.Context) (string, error) { return "", login }))
	_, err := c.Instances(t.Context(), sandbox.ProjectID, "eu01")
	if err != login {
		t.Errorf("got %v, want the login's own error", err)
	}
}

// What is malformed is refused before any token is asked for or any request is sent.
func TestMalformedIdentifiers(t *testing.T) {
	c := New(http.DefaultClient, Endpoints{Edge: "https://edge.invalid", ResourceManager: "https://edge.invalid"},
		tokens(func(context.Context) (string, error) { t.Error("a token was asked for"); return "", nil }))
	const project, region, id, bad = sandbox.ProjectID, "eu01", "demo-3714d85", "../../x"
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"Instances project": func() error { _, err := c.Instances(ctx, bad, region); return err },
		"Instances region":  func() error { _, err := c.Instances(ctx, project, bad); return err },
		"Instance":          func() error { _, err := c.Instance(ctx, project, region, bad); return err },
		"InstanceByName":    func() error { _, err := c.InstanceByName(ctx, project, region, bad); return err },
		"Token":             func() error { _, err := c.Token(ctx, project, region, bad, time.Hour); return err },
		"Token expiration":  func() error { _, err := c.Token(ctx, project, region, id, time.Minute); return err },
		"Kubeconfig": func() error {
			_,
				err := c.Kubeconfig(ctx, project, region, bad, time.Hour)
			return err
		},
		"Kubeconfig expiration": func() error { _, err := c.Kubeconfig(ctx, project, region, id, 0); return err },
		"CreateInstance name": func() error {
			_, err := c.CreateInstance(ctx, project, region,
				CreateInstanceRequest{DisplayName: "x", PlanID: sandbox.PlanID})
			return err
		},
		"CreateInstance plan": func() error {
			_, err := c.CreateInstance(ctx, project, region, CreateInstanceRequest{DisplayName: "demo", PlanID: "S"})
			return err
		},
		"CreateInstance text": func() error {
			_, err := c.CreateInstance(ctx, project, region,
				CreateInstanceRequest{DisplayName: "demo", PlanID: sandbox.PlanID,
					Description: strings.Repeat("ä", 257)})
			return err
		},
		"UpdateInstance": func() error { return c.UpdateInstance(ctx, project, region, bad, UpdateInstanceRequest{}) },
		"UpdateInstance plan": func() error {
			s := "S"
			return c.UpdateInstance(ctx, project, region, id, UpdateInstanceRequest{PlanID: &s})
		},
		"DeleteInstance":          func() error { return c.DeleteInstance(ctx, project, region, bad) },
		"Plans":                   func() error { _, err := c.Plans(ctx, bad); return err },
		"Projects without filter": func() error { _, err := c.Projects(ctx, ProjectFilter{Name: "x"}); return err },
		"WaitActive":              func() error { _, err := c.WaitActive(ctx, project, region, bad, nil); return err },
		"WaitDeleted":             func() error { return c.WaitDeleted(ctx, project, region, bad, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := call(); err == nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRetryOfReads(t *testing.T) {
	w := newWorld(t, sandbox.ReaderServiceAccount)
	for _, c := range []struct {
		name     string
		fault    sandbox.Fault
		requests int
		pauses   []time.Duration
		status   int // of the error; 0 if the call succeeds
		hint     string
	}{
		{"502 twice", sandbox.Fault{Preset: "bad-gateway", Times: 2}, 3,
			[]time.Duration{250 * time.Millisecond, 500 * time.Millisecond}, 0, ""},
		{"504 always", sandbox.Fault{Preset: "gateway-timeout"}, 3,
			[]time.Duration{250 * time.Millisecond, 500 * time.Millisecond}, 504, "try again in a moment"},
		{"cut once", sandbox.Fault{Status: 200, ContentType: "application/json", Body: `{"inst`, Cut: true, Times: 1},
			2, []time.Duration{250 * time.Millisecond}, 0, ""},
		{"Retry-After", sandbox.Fault{Preset: "too-many-requests", Times: 1}, 2, []time.Duration{time.Second}, 0, ""},
		{"long Retry-After", sandbox.Fault{Status: 429, Header: map[string]string{"Retry-After": "60"}}, 1, nil, 429,
			"try again in 1m"},
		{"503 with Retry-After", sandbox.Fault{Status: 503, Header: map[string]string{"Retry-After": "90"}}, 1, nil,
			503, "try again in 1m30s"},
		{"500", sandbox.Fault{Preset: "internal-error"}, 1, nil, 500, "try again in a moment"},
		{"401", sandbox.Fault{Preset: "unknown-key"}, 1, nil, 401, "get another one"},
		{"403", sandbox.Fault{Preset: "forbidden"}, 1, nil, 403, "edge.reader or edge.admin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.reset()
			w.fail(t, c.fault)
			instances, err := w.Instances(t.Context(), sandbox.ProjectID, sandbox.Region)
			if c.status == 0 && (err != nil || len(instances) != 2) || c.status != 0 && !hasStatus(err, c.status) {
				t.Errorf("got %d instances, %v", len(instances), err)
			}
			if h := hint.Of(err); !strings.Contains(h, c.hint) || (h == "") != (c.hint == "") {
				t.Errorf("hint %q, want %q", h, c.hint)
			}
			if n := w.requests("GET", "/instances"); n != c.requests || !slices.Equal(w.pauses, c.pauses) {
				t.Errorf("%d requests after %v, want %d after %v", n, w.pauses, c.requests, c.pauses)
			}
		})
	}
}

func TestHangIsBounded(t *testing.T) {
	w := newWorld(t, sandbox.ReaderServiceAccount)
	w.fail(t, sandbox.Fault{Preset: "hang"})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := w.Instances(ctx, sandbox.ProjectID, sandbox.Region)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer from localhost:") ||
		strings.Contains(err.Error(), "deadline") {
		t.Errorf("got %v", err)
	}
	if h := hint.Of(err); !strings.Contains(h, "HTTPS_PROXY") {
		t.Errorf("hint %q", h)
	}
	if n := w.requests("GET", "/instances"); n > 1 {
		t.Errorf("%d requests, a time-out must not be repeated", n)
	}
}

func TestInterrupted(t *testing.T) {
	w := newWorld(t, sandbox.ReaderServiceAccount)
	w.fail(t, sandbox.Fault{Preset: "hang"})
	ctx, cancel := context.WithCancel(t.Context())
	w.Client.tokens = tokens(func(context.Context) (string, error) { cancel(); return "x", nil })
	_, err := w.Instances(ctx, sandbox.ProjectID, sandbox.Region)
	if !errors.Is(err, context.Canceled) || hint.Of(err) != "" {
		t.Errorf("got %v, hint %q", err, hint.Of(err))
	}
}

func TestNoNetwork(t *testing.T) {
	srv := httptest.NewServer(nil)
	srv.Close() // nobody listens at its address any more
	c := New(&http.Client{}, Endpoints{Edge: srv.URL}, fixed("ours"))
	_, err := c.Instances(t.Context(), sandbox.ProjectID, "eu01")
	if err == nil || strings.Contains(err.Error(), "/v1beta1/") || !strings.Contains(hint.Of(err), "HTTPS_PROXY") {
		t.Errorf("got %v, hint %q", err, hint.Of(err))
	}
}

func TestUnknownCA(t *testing.T) {
	w := newWorld(t, sandbox.ReaderServiceAccount)
	w.http = &http.Client{Transport: &http.Transport{}}
	_, err := w.Instances(t.Context(), sandbox.ProjectID, sandbox.Region)
	if err == nil || !strings.Contains(hint.Of(err), "config set certificate-authority") {
		t.Errorf("got %v, hint %q", err, hint.Of(err))
	}
}

// An answer of success that is not the API's is an error that does not quote it.
func TestUndecodable(t *testing.T) {
	const secret = "c2VjcmV0"
	for _, c := range []struct{ name, contentType, body, want string }{
		{"guest network's page", "text/html; charset=utf-8", "<title>" + secret + "</title>",
			"text/html instead of JSON"},
		{"text", "text/plain", secret, "text/plain instead of JSON"},
		{"cut off", "application/json", `{"token":"` + secret, "JSON of an unexpected form"},
		{"other type", "application/json", `{"token":["` + secret + `"],"instances":"` + secret + `"}`,
			"JSON of an unexpected form"},
		{"other member", "application/json", `{"secret":"` + secret + `"}`, "JSON of an unexpected form"},
		{"empty", "application/json", "", "an empty answer"},
		{"empty without type", "", "", "an empty answer"},
		{"null", "application/json", "null", "an empty answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{c.contentType}
				w.Write([]byte(c.body))
			}))
			t.Cleanup(srv.Close)
			client := New(srv.Client(), Endpoints{Edge: srv.URL}, fixed("ours"))
			for what, call := range map[string]func() error{
				"token": func() error {
					_, err := client.Token(t.Context(), sandbox.ProjectID, "eu01", "demo-3714d85", time.Hour)
					return err
				},
				"instances": func() error {
					_, err := client.Instances(t.Context(), sandbox.ProjectID,
						"eu01")
					return err
				},
			} {
				err := call()
				var api *APIError
				if !errors.As(err, &api) || api.Status != 200 || !strings.Contains(err.Error(), c.want) ||
					strings.Contains(err.Error(), secret) {
					t.Errorf("%s: got %v, want %q", what, err, c.want)
				}
				if errors.As(err, &api) && (api.Method != "GET" || strings.Contains(api.URL, "?")) {
					t.Errorf("%s: %s %s", what, api.Method, api.URL)
				}
			}
		})
	}
}

func TestConcurrentUse(t *testing.T) {
	w := newWorld(t, sandbox.AdminServiceAccount)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := w.Instance(t.Context(), sandbox.ProjectID, sandbox.Region, sandbox.InstanceID); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
