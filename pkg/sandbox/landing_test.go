package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// TestLanding: the page says what runs where, and no secret; no other site may read it.
func TestLanding(t *testing.T) {
	c := start(t)
	c.json(http.MethodPost, "/sandbox/instances", `{"displayName":"press","description":"<script>"}`)
	_, answer := c.json(http.MethodPost, "/sandbox/accounts", `{"name":"eve@example.com"}`)
	status, header, page := c.do(http.MethodGet, "/", "", "")
	if status != 200 || !strings.HasPrefix(header.Get("Content-Type"), "text/html") ||
		!strings.Contains(header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Fatalf("status %d, header %v", status, header)
	}
	for _, want := range []string{
		sandbox.InstanceID, "press-3714d85", sandbox.ProjectID, sandbox.ReaderServiceAccount, "eve@example.com",
		c.s.EdgeURL(), "/ui/" + sandbox.InstanceID + "/", "/sandbox/ca.pem", "reconciling",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, secret := range []string{
		sandbox.AdminPassword, sandbox.ReaderPassword, answer["password"].(string), "PRIVATE KEY", "<script>",
	} {
		if strings.Contains(page, secret) {
			t.Errorf("the page has %s", secret)
		}
	}
	req, err := http.NewRequest(http.MethodGet, c.s.URL()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "attacker.example"
	res, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("by the name of another host: status %d", res.StatusCode)
	}
}
