package stackstate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const adminToken = "api-token-of-admin"

// clock is a time that tests move by hand.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.UnixMilli(1_760_000_000_000)} }

func (c *clock) Now() time.Time { return c.now }

func newServer(t *testing.T, o Options) *httptest.Server {
	t.Helper()
	if o.APITokens == nil {
		o.APITokens = map[string]User{
			adminToken: {Name: "admin", Roles: []string{RoleAdmin}},
			"guest":    {Name: "guest", Roles: []string{RoleGuest}},
		}
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return srv
}

type answer struct {
	status      int
	contentType string
	body        string
}

// call sends a request; header is "Name: value", or "" for none.
func call(t *testing.T, srv *httptest.Server, method, path, header, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if name, value, ok := strings.Cut(header, ": "); ok {
		req.Header.Set(name, value)
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header.Get("Content-Type"), strings.TrimSpace(string(data))}
}

const asAdmin = "X-API-Token: " + adminToken

// create makes a service token and returns its text.
func create(t *testing.T, srv *httptest.Server, body string) string {
	t.Helper()
	got := call(t, srv, "POST", "/api/security/tokens", asAdmin, body)
	var created struct{ Token string }
	if err := json.Unmarshal([]byte(got.body), &created); err != nil || created.Token == "" {
		t.Fatalf("create answered %+v", got)
	}
	return created.Token
}

// TestWire compares whole bodies with what the OpenAPI files say, field by field.
func TestWire(t *testing.T) {
	srv := newServer(t, Options{Now: newClock().Now})
	secret := regexp.MustCompile(`svctok-[0-9A-Za-z]{32}`)
	tracking := regexp.MustCompile(`"trackingKey":"[^"]+"`)
	steps := []struct {
		name, method, path, body string
		want                     answer
	}{
		{"server info", "GET", "/api/server/info", "", answer{200, "application/json",
			`{"version":{"major":5,"minor":1,"patch":0,"diff":"","commit":"","isDev":false},` +
				`"deploymentMode":"SelfHosted","applicationDomains":["Observability"]}`}},
		{"empty list", "GET", "/api/security/tokens", "", answer{200, "application/json", `[]`}},
		{"create without end", "POST", "/api/security/tokens", `{"name":"a","roles":["r","s"],"dedicatedSubject":""}`,
			answer{200, "application/json", `{"name":"a","token":"SECRET"}`}},
		{"create with end and subject, name repeated", "POST", "/api/security/tokens",
			`{"name":"a","roles":["r"],"expiryDate":1760000000001,"dedicatedSubject":"sub"}`,
			answer{200, "application/json", `{"name":"a","token":"SECRET","expiration":1760000000001}`}},
		{"list", "GET", "/api/security/tokens", "", answer{200, "application/json",
			`[{"id":107484341630693,"lastUpdateTimestamp":1760000000000,"name":"a","roles":["r","s"]},` +
				`{"id":107484341630694,"lastUpdateTimestamp":1760000000000,"name":"a","expiration":1760000000001,` +
				`"roles":["r"],"dedicatedSubject":"sub"}]`}},
		{"expiry in the past", "POST", "/api/security/tokens", `{"name":"a","roles":["r"],"expiryDate":1760000000000}`,
			answer{400, "application/json",
				`{"_type":"ServiceTokenInvalidExpiryError","message":"the expiry date must be in the future"}`}},
		{"delete", "DELETE", "/api/security/tokens/107484341630694", "", answer{204, "", ""}},
		{"delete again", "DELETE", "/api/security/tokens/107484341630694", "", answer{404, "application/json",
			`{"_type":"ErrorsResponse",TRACKING,"serverTimestamp":1760000000000,"errors":[{"_type":"NotFoundError",` +
				`"message":"no service token with id 107484341630694","errorCode":404}]}`}},
		{"allowed", "GET", "/api/user/authorization/for?permission=get-topology", "", answer{204, "", ""}},
		{"available roles", "GET", "/api/user/session/availableRoles", "",
			answer{200, "application/json", `{"roles":["stackstate-admin"]}`}},
	}
	for _, step := range steps {
		got := call(t, srv, step.method, step.path, asAdmin, step.body)
		got.body = secret.ReplaceAllString(got.body, "SECRET")
		got.body = tracking.ReplaceAllString(got.body, "TRACKING")
		if diff := cmp.Diff(step.want, got, cmp.AllowUnexported(answer{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}

func TestCredentials(t *testing.T) {
	clk := newClock()
	srv := newServer(t, Options{Now: clk.Now, TokenReview: func(_ context.Context, token string) (User, error) {
		if token != "good" {
			return User{}, ErrTokenRefused
		}
		return User{Name: "system:serviceaccount:default:robot"}, nil
	}})
	live := create(t, srv, `{"name":"live","roles":["stackstate-guest"]}`)
	expired := create(t, srv, `{"name":"expired","roles":["stackstate-admin"],"expiryDate":1760000060000}`)
	deleted := create(t, srv, `{"name":"deleted","roles":["stackstate-admin"]}`)
	if got := call(t, srv, "DELETE", "/api/security/tokens/107484341630695", asAdmin, ""); got.status != 204 {
		t.Fatal(got)
	}
	if got := call(t, srv, "GET", "/api/server/info", "X-API-Key: "+expired, ""); got.status != 200 {
		t.Fatal("refused before its end:", got)
	}
	clk.now = clk.now.Add(time.Minute)

	for header, want := range map[string]int{
		"":                                   401,
		asAdmin:                              200,
		"X-API-Token: unknown":               401,
		"X-API-Token: " + live:               401,
		"X-API-Key: " + live:                 200,
		"X-API-Key: unknown":                 401,
		"X-API-Key: " + adminToken:           401,
		"Authorization: ApiKey " + live:      200,
		"Authorization: apikey " + live:      200,
		"Authorization: Bearer " + live:      401,
		"X-API-Key: " + expired:              401,
		"Authorization: ApiKey " + expired:   401,
		"X-API-Key: " + deleted:              401,
		"Authorization: ApiKey " + deleted:   401,
		"X-API-ServiceBearer: good":          200,
		"X-API-ServiceBearer: bad":           401,
		"Cookie: AUTH=" + live:               401,
		"X-API-ServiceBearer: " + adminToken: 401,
	} {
		if got := call(t, srv, "GET", "/api/server/info", header, ""); got.status != want {
			t.Errorf("%q: status %d, want %d", header, got.status, want)
		}
	}
}

func TestRoles(t *testing.T) {
	srv := newServer(t, Options{})
	token := create(t, srv, `{"name":"t","roles":["token-reader"],"dedicatedSubject":"mine"}`)
	as := "X-API-Key: " + token
	step := func(method, path, header, body string, want int) {
		t.Helper()
		if got := call(t, srv, method, path, header, body); got.status != want {
			t.Errorf("%s %s: %+v, want status %d", method, path, got, want)
		}
	}
	step("GET", "/api/security/tokens", "X-API-Token: guest", "", 403)
	step("POST", "/api/security/tokens", "X-API-Token: guest", `{"name":"t","roles":["r"]}`, 403)
	step("DELETE", "/api/security/tokens/107484341630693", "X-API-Token: guest", "", 403)
	step("GET", "/api/user/authorization/for?permission=get-service-tokens", "X-API-Token: guest", "", 403)
	step("GET", "/api/user/authorization/for?permission=nonsense", "X-API-Token: guest", "", 400)

	step("GET", "/api/security/tokens", as, "", 403)
	step("PUT", "/api/security/subjects/token-reader", "X-API-Token: guest", `{"query":"","version":"0.0.1"}`, 403)
	step("PUT", "/api/security/subjects/token-reader", asAdmin, `{"query":"","version":"0.0.1"}`, 200)
	grant := `{"permission":"get-service-tokens","resourceName":"system"}`
	step("POST", "/api/security/permissions/nobody", asAdmin, grant, 400)
	step("POST", "/api/security/permissions/token-reader", asAdmin, grant, 200)
	step("GET", "/api/security/tokens", as, "", 200)
	step("POST", "/api/security/tokens", as, `{"name":"t","roles":["r"]}`, 403)

	// A dedicated subject grants too, and goes with its token.
	step("POST", "/api/security/permissions/mine", asAdmin,
		`{"permission":"delete-service-tokens","resourceName":"system"}`, 200)
	step("DELETE", "/api/security/tokens/107484341630693", as, "", 204)
	step("DELETE", "/api/security/subjects/mine", asAdmin, "", 404)
	step("DELETE", "/api/security/subjects/token-reader", asAdmin, "", 200)
}

// TestRBAC is the making of a role as sts rbac does it.
func TestRBAC(t *testing.T) {
	srv := newServer(t, Options{Agents: []Agent{{ID: "host", Lease: "Active", NodeBudgetCount: 2}}})
	permissions := "/api/security/permissions/"
	for _, step := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", permissions + "list", "", 200, `"get-service-tokens","get-settings"`},
		{"GET", "/api/security/subjects/mine", "", 404, `no subject`},
		{"PUT", "/api/security/subjects/mine?createOnly=true", `{}`, 200, ""},
		{"PUT", "/api/security/subjects/mine?createOnly=true", `{}`, 409, `already`},
		{"PUT", "/api/security/subjects/mine", `{"query":"label = 'a'"}`, 400, `version`},
		{"PUT", "/api/security/subjects/mine", `{"query":"label = 'a'","version":"0.0.1"}`, 200, ""},
		{"PUT", "/api/security/subjects/" + RoleGuest, `{}`, 400, `built in`},
		{"GET", "/api/security/subjects/mine", "", 200, `{"handle":"mine","source":"Static"}`},
		{"GET", "/api/security/subjects?source=static", "", 200, `{"handle":"mine","source":"Static"}`},
		{"GET", "/api/security/subjects?source=Kubernetes", "", 200, `[]`},
		{"POST", permissions + "mine", `{"permission":"update-metrics","resourceName":"system"}`, 200, ""},
		{"POST", permissions + "mine", `{"permission":"get-topology","resourceName":"cluster-name:a"}`, 200, ""},
		{"POST", permissions + "mine", `{"permission":"nonsense","resourceName":"system"}`, 400, "unknown"},
		{"GET", permissions + "mine", "", 200,
			`{"fromSources":["Static"],"permissions":{"cluster-name:a":["get-topology"],` +
				`"system":["update-metrics"]},"subjectHandle":"mine"}`},
		{"GET", permissions + "mine?permission=get-topology", "", 200,
			`"permissions":{"cluster-name:a":["get-topology"]}`},
		{"GET", permissions + "mine?resource=system", "", 200, `"permissions":{"system":["update-metrics"]}`},
		{"DELETE", permissions + "mine?resource=system&permission=update-metrics", "", 200, ""},
		{"GET", permissions + "mine", "", 200, `"permissions":{"cluster-name:a":["get-topology"]}`},
		{"GET", permissions + RoleGuest + "?permission=get-topology", "", 200,
			`"permissions":{"system":["get-topology"]}`},
		{"GET", permissions + "nobody", "", 404, "no subject"},
		{"DELETE", "/api/security/subjects/mine", "", 200, ""},
		{"GET", permissions + "mine", "", 404, "no subject"},
		{"GET", "/api/user/profile/tokens", "", 200, `[{"id":1,"name":"`},
		{"GET", "/api/agents", "", 200, `"agentId":"host","lease":"Active"`},
		{"GET", "/", "", 200, "StackState"},
	} {
		if got := call(t, srv, step.method, step.path, asAdmin, step.body); got.status != step.status ||
			!strings.Contains(got.body, step.want) {
			t.Errorf("%s %s: %+v, want status %d and %s", step.method, step.path, got, step.status, step.want)
		}
	}
	if got := call(t, srv, "GET", "/", "", ""); got.status != 401 {
		t.Errorf("the bare address without a credential: %+v", got)
	}
}

// TestSharedSubject: a subject dedicated to two tokens lives as long as one of them.
func TestSharedSubject(t *testing.T) {
	srv := newServer(t, Options{})
	create(t, srv, `{"name":"a","roles":["r"],"dedicatedSubject":"both"}`)
	create(t, srv, `{"name":"b","roles":["r"],"dedicatedSubject":"both"}`)
	for id, want := range []int{200, 404} {
		call(t, srv, "DELETE", fmt.Sprintf("/api/security/tokens/%d", firstID+id), asAdmin, "")
		if got := call(t, srv, "GET", "/api/security/subjects/both", asAdmin, ""); got.status != want {
			t.Errorf("after %d deletions: %+v, want %d", id+1, got, want)
		}
	}
}

func TestMalformedRequests(t *testing.T) {
	srv := newServer(t, Options{})
	for body, want := range map[string]string{
		`{`:                          "request body is not",
		`{"name":" ","roles":["r"]}`: "name must not be empty",
		`{"name":"n","roles":[]}`:    "roles must not be empty",
		`{"name":"n","roles":"r"}`:   "request body is not",
		`{"name":"` + strings.Repeat("x", maxBody) + `"}`: "request body",
	} {
		got := call(t, srv, "POST", "/api/security/tokens", asAdmin, body)
		if got.status != 400 || !strings.Contains(got.body, want) {
			t.Errorf("%.40s: %+v, want 400 with %q", body, got, want)
		}
	}
	for path, want := range map[string]int{"/api/nonsense": 404, "/api/security/tokens/x": 404} {
		if got := call(t, srv, "GET", path, asAdmin, ""); got.status != want && got.status != 405 {
			t.Errorf("%s: %+v, want %d", path, got, want)
		}
	}
	if got := call(t, srv, "DELETE", "/api/security/tokens/x", asAdmin, ""); got.status != 400 {
		t.Error(got)
	}
}

func TestRestart(t *testing.T) {
	dir := t.TempDir()
	first := newServer(t, Options{Dir: dir})
	token := create(t, first, `{"name":"kept","roles":["stackstate-guest"]}`)
	first.Close()

	second := newServer(t, Options{Dir: dir})
	if got := call(t, second, "GET", "/api/server/info", "X-API-Key: "+token, ""); got.status != 200 {
		t.Error("after a restart:", got)
	}
	create(t, second, `{"name":"next","roles":["stackstate-guest"]}`)
	got := call(t, second, "GET", "/api/security/tokens", asAdmin, "")
	if !strings.Contains(got.body, "107484341630693") || !strings.Contains(got.body, "107484341630694") {
		t.Error("ids:", got)
	}
	if strings.Contains(got.body, "sha256") {
		t.Error("the list shows hashes:", got)
	}
}

func TestNewRefusesVersions(t *testing.T) {
	for _, v := range []string{"5", "5.1", "5.1.0.0", "x.y.z", "5.1.0-beta"} {
		if _, err := New(Options{Version: v}); err == nil {
			t.Errorf("version %q accepted", v)
		}
	}
}
