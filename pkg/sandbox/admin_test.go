package sandbox_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func TestAdmin(t *testing.T) {
	c := start(t)
	do := func(method, path, body string, want int) map[string]any {
		t.Helper()
		status, out := c.json(method, path, body)
		if status != want {
			t.Fatalf("%s %s: status %d, want %d: %v", method, path, status, want, out)
		}
		return out
	}
	before := c.s.Now()
	do("POST", "/sandbox/clock", `{"advance":"1h"}`, 200)
	if got := c.s.Now().Sub(before).String(); got != "1h0m0s" {
		t.Errorf("clock moved by %s", got)
	}
	do("PATCH", "/sandbox/settings", `{"accessTokenLifetime":"90s"}`, 200)
	if got := c.s.Settings(); got.AccessTokenLifetime != sandbox.Duration(90e9) ||
		got.ClockOffset != sandbox.Duration(3600e9) {
		t.Errorf("settings %+v", got)
	}
	do("PATCH", "/sandbox/settings", `{"accessTokenLife":"90s"}`, 400)
	do("PATCH", "/sandbox/instances/"+sandbox.ReconcilingID, `{"status":"active"}`, 204)
	do("PATCH", "/sandbox/instances/none", `{"status":"active"}`, 400)
	do("POST", "/sandbox/instances", `{"id":"cell-1234567","displayName":"cell","server":"https://127.0.0.1:1"}`, 200)
	do("POST", "/sandbox/instances", `{}`, 400)
	admin := c.as(sandbox.AdminServiceAccount)
	for _, path := range []string{sandbox.ReconcilingID, "cell-1234567"} {
		if status, body := admin.get(regionPath + "/instances/" + path + "/kubeconfig"); status != 200 {
			t.Errorf("%s: status %d, %v", path, status, body)
		}
	}
	if out := do("POST", "/sandbox/instances/"+sandbox.InstanceID+"/token", `{"lifetime":"-1m"}`,
		200); out["token"] == "" {
		t.Error("no token")
	}
	do("POST", "/sandbox/keys", `{"instance":"`+sandbox.InstanceID+`"}`, 204)
	do("POST", "/sandbox/keys", `{}`, 204)
	if status, _ := admin.get(instancePath); status != 401 {
		t.Errorf("token of a key that is gone: status %d", status)
	}
	do("POST", "/sandbox/faults", `{"preset":"forbidden","path":"/edge/"}`, 204)
	do("POST", "/sandbox/faults", `{"preset":"none"}`, 400)
	if status, body := admin.get(instancePath); status != 403 || body["status"] != 403.0 {
		t.Errorf("status %d, body %v", status, body)
	}
	do("DELETE", "/sandbox/faults", "", 204)
	do("PUT", "/sandbox/services", `{"state":"DISABLED"}`, 204)
	if status, _ := admin.as(sandbox.AdminServiceAccount).get(instancePath); status != 403 {
		t.Errorf("service was not disabled: status %d", status)
	}
	do("PUT", "/sandbox/services", `{}`, 204)
	do("PUT", "/sandbox/services", `{"state":"on"}`, 400)
	do("PATCH", "/sandbox/instances/"+sandbox.InstanceID, `{"credentials":"refused","refuseCredentials":1}`, 204)
	do("PATCH", "/sandbox/instances/"+sandbox.InstanceID, `{"credentials":"often"}`, 400)
	current := c.as(sandbox.AdminServiceAccount)
	if status, _ := current.get(instancePath + "/token"); status != 404 {
		t.Errorf("credentials were not refused: status %d", status)
	}
	do("DELETE", "/sandbox/accounts/"+sandbox.AdminServiceAccount+"/access-tokens", "", 204)
	if status, _ := current.get(instancePath); status != 401 {
		t.Errorf("access token was not refused: status %d", status)
	}
	do("DELETE", "/sandbox/accounts/"+sandbox.AdminUser+"/refresh-tokens", "", 204)
	do("DELETE", "/sandbox/accounts/nobody@example.com/sessions", "", 400)
	do("PATCH", "/sandbox/accounts/"+sandbox.AdminServiceAccount, `{"role":"edge.reader"}`, 204)
	if status, _ := c.as(sandbox.AdminServiceAccount).get(instancePath + "/token"); status != 403 {
		t.Errorf("role was not changed: status %d", status)
	}
	if key := do("GET", "/sandbox/service-accounts/"+sandbox.ReaderServiceAccount+"/key", "",
		200); key["active"] != true {
		t.Error("no key file")
	}
	do("GET", "/sandbox/service-accounts/"+sandbox.AdminUser+"/key", "", 404)
	do("DELETE", "/sandbox/service-accounts/"+sandbox.ReaderServiceAccount+"/key", "", 204)
	stats := do("GET", "/sandbox/stats", "", 200)
	if b, _ := json.Marshal(stats["mints"]); string(b) != `{"cell-1234567":{"kubeconfig":1,"token":0},`+
		`"plant-3714d85":{"kubeconfig":1,"token":0}}` {
		t.Errorf("mints %s", b)
	}
	do("DELETE", "/sandbox/stats", "", 204)
	if c.s.Stats().Requests != 0 {
		t.Error("stats were not reset")
	}
	if status, _, list := c.do(http.MethodGet, "/sandbox/", "", ""); status != 200 ||
		!strings.Contains(list, `"PATCH /sandbox/settings"`) {
		t.Errorf("list of endpoints: status %d, %s", status, list)
	}
	if status, _, pem := c.do(http.MethodGet, "/sandbox/ca.pem", "", ""); status != 200 || pem != string(c.s.CA()) {
		t.Error("CA differs")
	}
}

func TestNew(t *testing.T) {
	for _, url := range []string{"", "http://localhost:1", "https://", "https://localhost/x", "https://localhost?x",
		"https://local host"} {
		if _, err := sandbox.New(sandbox.Options{URL: url}); err == nil {
			t.Errorf("URL %q was accepted", url)
		}
	}
	s, err := sandbox.New(sandbox.Options{URL: "https://localhost:1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.ServingCertificate(); err == nil {
		t.Error("certificate for no host")
	}
}
