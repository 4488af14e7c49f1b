package sandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// The page asks the instance's API server; what a real one says is tested with a browser in cmd/kubectl-edge.
func TestUI(t *testing.T) {
	c := start(t)
	var status int
	var body string
	apiServer := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer good" && status == http.StatusOK {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	apiServer.TLS = c.s.TLSConfig()
	apiServer.StartTLS()
	defer apiServer.Close()
	c.s.SetInstance(sandbox.InstanceID, func(i *sandbox.Instance) { i.Server = apiServer.URL })

	const host = `{"items": [{"metadata": {"name": "<b>press</b>", "namespace": "line-1"},
		"status": {"conditions": [{"type": "Ready", "status": "True", "message": "humming"}]}},
		{"metadata": {"name": "silent"}}]}`
	for _, test := range []struct {
		name, token, site string
		status            int // of the API server
		body              string
		wantStatus        int
		want              string
	}{
		{"good", " good\n", "", 200, host, 200,
			"<td>&lt;b&gt;press&lt;/b&gt;</td><td>line-1</td><td>True</td><td>humming</td>"},
		{"no conditions", "good", "", 200, host, 200, "<td>silent</td><td></td><td>Unknown</td>"},
		{"no hosts", "good", "", 200, `{"items": []}`, 200, "No edge hosts have registered."},
		{"wrong", "bad", "", 200, host, 403, "The cluster token was refused: it is wrong, or has expired."},
		{"none", "", "", 200, host, 403, "The cluster token was refused"},
		{"two lines", "good\r\nX: y", "", 200, host, 403, "This is not a token."},
		{"without the right", "good", "", 403, "", 403, "This token may not see edge hosts."},
		{"server in trouble", "good", "", 500, "", 502, "The instance does not answer: 500 Internal Server Error"},
		{"nonsense", "good", "", 200, "<html>", 502, "something other than a list of edge hosts"},
		{"another site's form", "good", "https://evil.example", 200, host, 403, "Another site sent this form."},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body = test.status, test.body
			form := url.Values{"token": {test.token}}.Encode()
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.s.UIURL(sandbox.InstanceID),
				strings.NewReader(form))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if test.site != "" {
				request.Header.Set("Origin", test.site)
			}
			response, err := c.http.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			page, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != test.wantStatus || !strings.Contains(string(page), test.want) {
				t.Errorf("%d, %v, want %d and %q in\n%s", response.StatusCode, err, test.wantStatus, test.want, page)
			}
			if !strings.HasPrefix(response.Header.Get("Content-Security-Policy"), "default-src 'none'") ||
				response.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("headers %v", response.Header)
			}
		})
	}
	for path, want := range map[string]int{"/ui/demo-3714d85/": 200, "/ui/absent-1/": 404, "/ui/demo-3714d85": 301,
		"/ui/": 404} {
		client := *c.http
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		response, err := client.Get(c.s.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want && !(want == 301 && response.StatusCode/100 == 3) {
			t.Errorf("GET %s: %d, want %d", path, response.StatusCode, want)
		}
	}
}
