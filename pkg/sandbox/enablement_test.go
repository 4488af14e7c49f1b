package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

const (
	newProject  = "/projects/" + sandbox.OtherProjectID
	newServices = "/service-enablement/v2" + newProject + "/regions/eu01/services"
	newService  = newServices + "/" + sandbox.EdgeService
)

// withoutEdge has a project in which nobody has enabled Edge Cloud.
func withoutEdge(o *sandbox.Options) { o.NotEnabled = []string{sandbox.OtherProjectID} }

// A project gets Edge Cloud in the way of the Terraform provider: POST, then GET until it is there.
func TestEnablement(t *testing.T) {
	c := start(t, withoutEdge).as(sandbox.AdminServiceAccount)
	c.s.Configure(func(s *sandbox.Settings) { s.EnablementTime = sandbox.Duration(time.Minute) })
	instances := "/edge/v1beta1" + newProject + "/regions/eu01/instances"
	want := func(method, path string, status int, state string) {
		t.Helper()
		got, body := c.json(method, path, "")
		if got != status || state != "" && body["state"] != state {
			t.Fatalf("%s %s: status %d, want %d; %v, want state %q", method, path, got, status, body, state)
		}
	}
	want("GET", newService, 404, "")
	want("GET", instances, 403, "")
	want("GET", "/edge/v1beta1"+newProject+"/plans", 403, "")
	want("POST", newService, 202, "")
	want("GET", newService, 200, sandbox.ServiceEnabling)
	want("POST", newService, 202, "")
	want("GET", instances, 403, "")
	c.s.Advance(time.Minute)
	c = c.as(sandbox.AdminServiceAccount)
	want("GET", newService, 200, sandbox.ServiceEnabled)
	want("GET", instances, 200, "")
	want("GET", "/edge/v1beta1"+newProject+"/plans", 200, "")
	if _, body := c.get(newServices); len(body["items"].([]any)) != 1 {
		t.Errorf("list: %v", body)
	}

	want("DELETE", newService, 202, "")
	want("GET", newService, 200, sandbox.ServiceDisabling)
	want("GET", instances, 403, "")
	c.s.Advance(time.Minute)
	c = c.as(sandbox.AdminServiceAccount)
	want("GET", newService, 200, sandbox.ServiceDisabled)

	ours := "/service-enablement/v2/projects/" + sandbox.ProjectID + "/regions/eu01/services/"
	want("GET", ours+sandbox.EdgeService, 200, sandbox.ServiceEnabled)
	want("DELETE", ours+sandbox.EdgeService, 409, "") // there are instances
	want("GET", ours+"cloud.stackit.ske", 404, "")
	want("DELETE", ours+"cloud.stackit.ske", 404, "")
	c.s.SetService(sandbox.ProjectID, sandbox.Region, sandbox.EdgeService, sandbox.ServiceDisabled)
	want("GET", instancePath+"/token", 403, "")
	c.s.SetService(sandbox.ProjectID, sandbox.Region, sandbox.EdgeService, sandbox.ServiceEnabled)
	want("GET", instancePath+"/token", 200, "")
	if got := c.s.Stats().Minted(); got != 1 {
		t.Errorf("minted %d, want 1", got)
	}
}

func TestEnablementRefuses(t *testing.T) {
	c := start(t, withoutEdge)
	admin, reader := c.as(sandbox.AdminServiceAccount), c.as(sandbox.ReaderServiceAccount)
	for _, test := range []struct {
		who          *client
		method, path string
		status       int
	}{
		{c, "GET", newService, 401},
		{reader, "GET", newService, 404},
		{reader, "POST", newService, 403},
		{admin, "GET", strings.Replace(newService, "eu01", "EU", 1), 400},
		{admin, "GET", strings.Replace(newService, sandbox.OtherProjectID, "99999999-ffff-4bcd-8fff-123456789abc", 1),
			404},
	} {
		status, body := test.who.json(test.method, test.path, "")
		if status != test.status || status >= 300 && (body["path"] != test.path || body["status"] != float64(status)) {
			t.Errorf("%s %s: status %d, want %d: %v", test.method, test.path, status, test.status, body)
		}
	}
}

func TestCredentialsBesideStatus(t *testing.T) {
	c := start(t).as(sandbox.AdminServiceAccount)
	token := func(id string) int { status, _ := c.get(regionPath + "/instances/" + id + "/token"); return status }
	set := func(change func(*sandbox.Instance)) { c.s.SetInstance(sandbox.ReconcilingID, change) }
	if got := token(sandbox.ReconcilingID); got != 404 {
		t.Errorf("new instance: status %d", got)
	}
	set(func(i *sandbox.Instance) { i.Credentials, i.RefuseCredentials = sandbox.CredentialsMinted, 2 })
	for n, want := range []int{404, 404, 200, 200} {
		if got := token(sandbox.ReconcilingID); got != want {
			t.Errorf("request %d: status %d, want %d", n, got, want)
		}
	}
	set(func(i *sandbox.Instance) { i.Status = "hibernating" })
	if _, body := c.get(regionPath + "/instances/" + sandbox.ReconcilingID); body["status"] != "hibernating" {
		t.Errorf("unknown status: %v", body)
	}
	if got := token(sandbox.ReconcilingID); got != 200 {
		t.Errorf("unknown status: status %d", got)
	}
	set(func(i *sandbox.Instance) { i.Status, i.Credentials = sandbox.StatusActive, sandbox.CredentialsRefused })
	if got := token(sandbox.ReconcilingID); got != 404 {
		t.Errorf("active, without credentials: status %d", got)
	}

	if status, body := c.json(http.MethodPut, instancePath, `{"description":"new"}`); status != 204 {
		t.Fatalf("update: status %d, %v", status, body)
	}
	if _, body := c.get(instancePath); body["status"] != sandbox.StatusReconciling {
		t.Errorf("after an update: %v", body)
	}
	if got := token(sandbox.InstanceID); got != 200 {
		t.Errorf("after an update: status %d, want the credentials of a live instance", got)
	}
}
