package sandbox_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"k8s.io/apimachinery/pkg/util/uuid"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
)

// send sends a request with headers, and a Host if there is one among them.
func (c *client) send(method, path string, headers map[string]string) *http.Response {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.s.URL()+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	req.Host = headers["Host"]
	resp, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// A web page that made its own name lead here must not get the key of a service account, nor change anything.
func TestOtherSites(t *testing.T) {
	c := start(t)
	key := "/sandbox/service-accounts/" + sandbox.AdminServiceAccount + "/key"
	for _, test := range []struct {
		name, method, path string
		headers            map[string]string
		status             int
	}{
		{"this machine", "GET", key, nil, 200},
		{"its address", "GET", key, map[string]string{"Host": "127.0.0.1:7"}, 200},
		{"its other address", "GET", key, map[string]string{"Host": "[::1]:7"}, 200},
		{"its name in capitals", "GET", key, map[string]string{"Host": "LOCALHOST:7"}, 200},
		{"its name with a dot", "GET", key, map[string]string{"Host": "localhost.:7"}, 200},
		{"its own page in capitals", "GET", key,
			map[string]string{"Host": "LOCALHOST:7", "Origin": "https://localhost:7"}, 200},
		{"a name that leads here", "GET", key, map[string]string{"Host": "rebound.example:443"}, 421},
		{"a name that begins like this one", "GET", key, map[string]string{"Host": "localhost.example"}, 421},
		{"an address elsewhere", "GET", key, map[string]string{"Host": "192.0.2.1"}, 421},
		{"a page of another site", "GET", key, map[string]string{"Origin": "https://site.example"}, 421},
		{"a page without an origin", "GET", key, map[string]string{"Origin": "null"}, 200}, // cannot read what it gets
		{"a form of another site", "POST", "/sandbox/clock", map[string]string{"Origin": "https://site.example"}, 421},
		{"a form without an origin", "POST", "/sandbox/clock", map[string]string{"Origin": "null"}, 421},
		{"a cross-site form", "DELETE", "/sandbox/stats", map[string]string{"Sec-Fetch-Site": "cross-site"}, 421},
		{"its own page", "DELETE", "/sandbox/stats", map[string]string{"Sec-Fetch-Site": "same-origin"}, 204},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := c.send(test.method, test.path, test.headers).StatusCode; got != test.status {
				t.Errorf("status %d, want %d", got, test.status)
			}
		})
	}
}

func TestGateway(t *testing.T) {
	c := start(t).as(sandbox.AdminServiceAccount)
	mine := string(uuid.NewUUID())
	if got := c.send("GET", instancePath,
		map[string]string{"X-Request-Id": mine}).Header.Get("X-Request-Id"); got != mine {
		t.Errorf("request ID %q, want the client's own", got)
	}
	first := c.send("GET", instancePath, nil).Header.Get("X-Request-Id")
	if second := c.send("GET", instancePath, nil).Header.Get("X-Request-Id"); stackitid.ProjectID(first) != nil ||
		first == second {
		t.Errorf("request IDs %q and %q", first, second)
	}
	resp := c.send("GET", regionPath+"/instances", map[string]string{"Accept-Encoding": "gzip"})
	if resp.Header.Get("Content-Encoding") != "gzip" || resp.Header.Get("Vary") != "Accept-Encoding" {
		t.Fatalf("headers %v, want a compressed answer", resp.Header)
	}
	body, err := gzip.NewReader(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Instances []any }
	if err := json.NewDecoder(body).Decode(&list); err != nil || len(list.Instances) != 2 {
		t.Errorf("%d instances, %v", len(list.Instances), err)
	}
	if _, err := io.ReadAll(body); err != nil { // the end has a checksum
		t.Error(err)
	}
	plain := c.send("GET", regionPath+"/instances", map[string]string{"Accept-Encoding": "identity"})
	if plain.Header.Get("Content-Encoding") != "" {
		t.Error("compressed for a client that does not take it")
	}
}
