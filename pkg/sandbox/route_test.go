package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// Clients read STACKIT's errors, whatever they ask for.
func TestNoSuchPath(t *testing.T) {
	c := start(t)
	for _, test := range []struct {
		method, path string
		status       int
		member       string // of the error
		allow        string
	}{
		{"GET", "/nothing", 404, "path", ""},
		{"POST", "/", 405, "path", "GET, HEAD"}, // a page for people
		{"GET", "/ske/v2/projects/" + sandbox.ProjectID + "/regions/eu01/clusters", 404, "path", ""},
		{"POST", "/alb-waf/v1/anything", 404, "path", ""},
		{"GET", "/edge/v2/projects", 404, "code", ""},
		{"PATCH", instancePath, 405, "code", "DELETE, GET, HEAD, PUT"},
		{"PUT", "/resource-manager/v2/projects", 405, "path", "GET, HEAD"},
		{"GET", "/oauth/v2/token", 405, "path", "POST"},
	} {
		status, header, text := c.do(test.method, test.path, "", "")
		body := c.decode(test.path, header, text)
		if status != test.status || body[test.member] == nil || header.Get("Allow") != test.allow {
			t.Errorf("%s %s: status %d, Allow %q, %v; want %d, %q", test.method, test.path, status, header.Get("Allow"),
				body,
				test.status, test.allow)
		}
	}
	if status, _, _ := c.do(http.MethodGet, "/sandbox/nothing", "", ""); status != 404 {
		t.Errorf("control address: status %d", status)
	}
}
