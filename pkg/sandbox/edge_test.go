package sandbox_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func TestEdgeStatus(t *testing.T) {
	c := start(t)
	admin, reader := c.as(sandbox.AdminServiceAccount), c.as(sandbox.ReaderServiceAccount)
	instanceToken, err := c.s.IssueInstanceToken(sandbox.InstanceID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	foreign := &client{t: t, s: c.s, http: c.http, token: instanceToken}
	byName := regionPath + "/instancesbyname/" + sandbox.InstanceName
	const unknownProject = "/edge/v1beta1/projects/99999999-ffff-4bcd-8fff-123456789abc/regions/eu01/instances"
	for _, test := range []struct {
		name, method, path string
		who                *client
		status             int
	}{
		{"no token", "GET", regionPath + "/instances", c, 401},
		{"token of an instance", "GET", regionPath + "/instances", foreign, 401},
		{"list", "GET", regionPath + "/instances", admin, 200},
		{"reader lists", "GET", regionPath + "/instances", reader, 200},
		{"reader gets", "GET", instancePath, reader, 200},
		{"reader gets by name", "GET", byName, reader, 200},
		{"reader mints", "GET", instancePath + "/token", reader, 403},
		{"reader mints by name", "GET", byName + "/kubeconfig", reader, 403},
		{"reader deletes", "DELETE", instancePath, reader, 403},
		{"plans", "GET", projectPath + "/plans", reader, 200},
		{"releases", "GET", "/edge/v1beta1/listcompatiblekubernetesreleases?talosVersion=v1.13.5-stackit.v1.7.16", c,
			200},
		{"releases without version", "GET", "/edge/v1beta1/listcompatiblekubernetesreleases", c, 400},
		{"releases of an unknown version", "GET", "/edge/v1beta1/listcompatiblekubernetesreleases?talosVersion=v0.1.0",
			c, 404},
		{"malformed project", "GET", "/edge/v1beta1/projects/x/regions/eu01/instances", admin, 400},
		{"another's project", "GET", unknownProject, admin, 403},
		{"region of another form", "GET", projectPath + "/regions/europe1/instances", admin, 200},
		{"malformed region", "GET", projectPath + "/regions/EU/instances", admin, 400},
		{"empty region", "GET", projectPath + "/regions/eu02/instances", admin, 200},
		{"instance of another region", "GET", projectPath + "/regions/eu02/instances/" + sandbox.InstanceID, admin,
			404},
		{"instance of another project", "GET", "/edge/v1beta1/projects/" + sandbox.NamesakeProjectID +
			"/regions/eu01/instances/" + sandbox.InstanceID, admin, 404},
		{"unknown instance", "GET", regionPath + "/instances/none-3714d85", admin, 404},
		{"long ID", "GET", regionPath + "/instances/muchtoolong-3714d85", admin, 400},
		{"long name", "GET", regionPath + "/instancesbyname/muchtoolong", admin, 400},
		{"expiration too short", "GET", instancePath + "/token?expirationSeconds=599", admin, 400},
		{"shortest", "GET", instancePath + "/token?expirationSeconds=600", admin, 200},
		{"longest", "GET", instancePath + "/token?expirationSeconds=15552000", admin, 200},
		{"expiration too long", "GET", instancePath + "/token?expirationSeconds=15552001", admin, 400},
		{"expiration no number", "GET", instancePath + "/token?expirationSeconds=1h", admin, 400},
		{"unknown path", "GET", "/edge/v2/projects", admin, 404},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := test.who.json(test.method, test.path, "")
			if status != test.status {
				t.Fatalf("status %d, want %d", status, test.status)
			}
			if want := fmt.Sprint(status); (status == 400 || status == 401 || status == 404) && body["code"] != want {
				t.Errorf("code %#v, want %q", body["code"], want)
			}
		})
	}
}

func TestEdgeAccessTokenExpires(t *testing.T) {
	c := start(t).as(sandbox.AdminServiceAccount)
	c.s.Advance(10*time.Minute - time.Second)
	before, _ := c.get(instancePath)
	c.s.Advance(2 * time.Second)
	after, _ := c.get(instancePath)
	if before != 200 || after != 401 {
		t.Errorf("status %d before expiry and %d after, want 200 and 401", before, after)
	}
	c = c.as(sandbox.AdminServiceAccount)
	c.s.SetRole(sandbox.AdminServiceAccount, sandbox.NoRole)
	if status, _ := c.get(instancePath); status != 403 {
		t.Errorf("without a role: status %d, want 403", status)
	}
}

func TestEdgeToken(t *testing.T) {
	c := start(t).as(sandbox.AdminServiceAccount)
	_, body := c.get(regionPath + "/instancesbyname/" + sandbox.InstanceName + "/token?expirationSeconds=900")
	ctx := oidc.ClientContext(t.Context(), c.http)
	provider, err := oidc.NewProvider(ctx, c.s.Issuer(sandbox.InstanceID))
	if err != nil {
		t.Fatal(err)
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: sandbox.InstanceID, Now: c.s.Now})
	token, err := verifier.Verify(ctx, body["token"].(string))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := token.Expiry, c.s.Now().Add(15*time.Minute); !got.Equal(want) {
		t.Errorf("expires %v, want %v", got, want)
	}
	var claims struct{ Groups []string }
	if err := token.Claims(&claims); err != nil || len(claims.Groups) != 1 ||
		claims.Groups[0] != sandbox.InstanceGroup {
		t.Errorf("groups %v, error %v", claims.Groups, err)
	}
	if token.Subject != sandbox.InstanceUser {
		t.Errorf("subject %q, want %q", token.Subject, sandbox.InstanceUser)
	}
	for _, test := range []struct {
		keepOld bool
		ok      bool
	}{{true, true}, {false, false}} {
		if err := c.s.RotateSigningKey(c.s.Issuer(sandbox.InstanceID), test.keepOld); err != nil {
			t.Fatal(err)
		}
		provider, err := oidc.NewProvider(ctx, c.s.Issuer(sandbox.InstanceID))
		if err != nil {
			t.Fatal(err)
		}
		_, err = provider.Verifier(&oidc.Config{ClientID: sandbox.InstanceID, Now: c.s.Now}).Verify(ctx,
			body["token"].(string))
		if (err == nil) != test.ok {
			t.Errorf("after rotation with keepOld %v: %v", test.keepOld, err)
		}
	}
}

func TestEdgeTokenSettings(t *testing.T) {
	c := start(t).as(sandbox.AdminServiceAccount)
	c.s.Configure(func(s *sandbox.Settings) { s.OpaqueInstanceTokens = true })
	_, body := c.get(instancePath + "/token")
	if token := body["token"].(string); len(token) < 40 || token[:5] != "stec_" {
		t.Error("token is not opaque")
	}
	if _, err := c.s.IssueInstanceToken("none", time.Hour); err == nil {
		t.Error("token of an unknown instance")
	}
}

func TestEdgeKubeconfig(t *testing.T) {
	c := start(t).as(sandbox.AdminServiceAccount)
	c.s.SetInstance(sandbox.InstanceID, func(i *sandbox.Instance) { i.Server = "https://127.0.0.1:6443" })
	status, body := c.get(instancePath + "/kubeconfig?expirationSeconds=600")
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	config := body["kubeconfig"].(map[string]any)
	cluster := config["clusters"].([]any)[0].(map[string]any)["cluster"].(map[string]any)
	user := config["users"].([]any)[0].(map[string]any)["user"].(map[string]any)
	if cluster["server"] != "https://127.0.0.1:6443" || cluster["certificate-authority-data"] == nil ||
		user["token"] == nil {
		t.Error("kubeconfig lacks server, CA or token")
	}
	c.get(instancePath + "/token")
	c.get(instancePath + "/token")
	if got, want := c.s.Stats().Mints[sandbox.InstanceID], (sandbox.Mints{Token: 2, Kubeconfig: 1}); got != want {
		t.Errorf("mints %v, want %v", got, want)
	}
	if got := c.s.Stats().Minted(); got != 3 {
		t.Errorf("minted %d, want 3", got)
	}
}

func TestEdgeReconciling(t *testing.T) {
	c := start(t).as(sandbox.AdminServiceAccount)
	path := regionPath + "/instances/" + sandbox.ReconcilingID
	c.s.SetInstance(sandbox.ReconcilingID, func(i *sandbox.Instance) { i.ReadyAfterPolls = 2 })
	for n, want := range []string{"reconciling", "reconciling", "active"} {
		if _, body := c.get(path); body["status"] != want {
			t.Fatalf("poll %d: status %v, want %v", n, body["status"], want)
		}
	}
	if status, _ := c.get(path + "/token"); status != 200 {
		t.Errorf("token of an active instance: status %d", status)
	}
	c.s.SetInstance(sandbox.ReconcilingID, func(i *sandbox.Instance) { i.Credentials = sandbox.CredentialsRefused })
	if status, _ := c.get(path + "/token"); status != 404 {
		t.Errorf("token of an instance that is not ready: status %d, want 404", status)
	}
	if got := c.s.Stats().Minted(); got != 1 {
		t.Errorf("minted %d, want 1", got)
	}
}

func TestEdgeLifecycle(t *testing.T) {
	c := start(t).as(sandbox.AdminServiceAccount)
	status, body := c.json(http.MethodPost, regionPath+"/instances",
		`{"displayName":"mill","planId":"`+sandbox.PlanID+`","description":"Mill 7"}`)
	if status != 201 || body["id"] != "mill-3714d85" || body["status"] != "reconciling" ||
		body["frontendUrl"] != "https://app.mill-3714d85.edge.eu01.onstackit.cloud" {
		t.Fatalf("create: status %d, %v", status, body)
	}
	path := regionPath + "/instancesbyname/mill"
	expect := func(what string, status, want int) {
		t.Helper()
		if status != want {
			t.Errorf("%s: status %d, want %d", what, status, want)
		}
	}
	put := func() int { status, _ := c.json(http.MethodPut, path, `{"description":"Mill 8"}`); return status }
	remove := func() int { status, _ := c.json(http.MethodDelete, path, ""); return status }
	read := func(suffix string) int { status, _ := c.get(path + suffix); return status }

	expect("token while reconciling", read("/token"), 404)
	expect("update while reconciling", put(), 409)
	c.s.Advance(10 * time.Second)
	expect("token when active", read("/token"), 200)
	expect("update", put(), 204)
	c.s.Advance(10 * time.Second)
	if _, body := c.get(path); body["description"] != "Mill 8" || body["status"] != "active" {
		t.Errorf("after update: %v", body)
	}
	expect("delete", remove(), 204)
	expect("delete again", remove(), 409)
	expect("get while deleting", read(""), 200)
	c.s.Advance(10 * time.Second)
	expect("get when gone", read(""), 404)
}

func TestEdgeCreateRefused(t *testing.T) {
	c := start(t).as(sandbox.AdminServiceAccount)
	for _, test := range []struct {
		name, body string
		status     int
	}{
		{"no JSON", `displayName`, 400},
		{"no name", `{"planId":"` + sandbox.PlanID + `"}`, 400},
		{"no plan", `{"displayName":"mill"}`, 400},
		{"plan no UUID", `{"displayName":"mill","planId":"S"}`, 400},
		{"short name", `{"displayName":"abc","planId":"` + sandbox.PlanID + `"}`, 400},
		{"name no hostname", `{"displayName":"a_bc","planId":"` + sandbox.PlanID + `"}`, 400},
		{"name taken", `{"displayName":"demo","planId":"` + sandbox.PlanID + `"}`, 409},
	} {
		t.Run(test.name, func(t *testing.T) {
			if status, _ := c.json(http.MethodPost, regionPath+"/instances", test.body); status != test.status {
				t.Errorf("status %d, want %d", status, test.status)
			}
		})
	}
}
