package sandbox_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// TestEdgeLimitsAreInCharacters: the specification counts characters, and clients with umlauts reach the limit.
func TestEdgeLimitsAreInCharacters(t *testing.T) {
	c := start(t).as(sandbox.AdminServiceAccount)
	create := func(name, description string) int {
		body, _ := json.Marshal(map[string]string{"displayName": name, "planId": sandbox.PlanID,
			"description": description})
		status, _ := c.json(http.MethodPost, regionPath+"/instances", string(body))
		return status
	}
	for _, test := range []struct {
		what, name, description string
		status                  int
	}{
		{"longest description", "mill", strings.Repeat("ü", 256), 201},
		{"longest description of four bytes each", "lathe", strings.Repeat("🛠", 256), 201},
		{"description too long", "press", strings.Repeat("ü", 257), 400},
		{"longest name", "eightlen", "", 201},
		{"name too long", "ninechars", "", 400},
		{"shortest name", "four", "", 201},
		{"two characters of two bytes", "üü", "", 400},
	} {
		if got := create(test.name, test.description); got != test.status {
			t.Errorf("%s: status %d, want %d", test.what, got, test.status)
		}
	}
	for description, want := range map[string]int{strings.Repeat("é", 256): 204, strings.Repeat("é", 257): 400} {
		body, _ := json.Marshal(map[string]string{"description": description})
		if got, _ := c.json(http.MethodPut, instancePath, string(body)); got != want {
			t.Errorf("update with %d characters: status %d, want %d", len(description)/2, got, want)
		}
	}
}

// TestEdgeACL: the access list is there to be read, and nothing of the API sets it.
func TestEdgeACL(t *testing.T) {
	c := start(t).as(sandbox.AdminServiceAccount)
	acl := func(path string) any {
		t.Helper()
		status, body := c.get(path)
		if status != 200 {
			t.Fatalf("%s: status %d", path, status)
		}
		return body["acl"]
	}
	list, ok := acl(instancePath).(map[string]any)["ipAllowList"].([]any)
	if !ok || len(list) != 1 {
		t.Fatalf("access list %v", list)
	}
	if entry := list[0].(map[string]any); entry["ipRange"] != "0.0.0.0/0" || entry["uuid"] == "" ||
		entry["description"] != "everywhere" {
		t.Errorf("entry %v", entry)
	}
	if got := acl(regionPath + "/instances/" + sandbox.ReconcilingID); got != nil {
		t.Errorf("an instance without a list has %v", got)
	}
	const change = `{"description":"x","acl":{"ipAllowList":[]}}`
	if status, _ := c.json(http.MethodPut, instancePath, change); status != 204 {
		t.Errorf("update: status %d", status)
	}
	if list := acl(instancePath).(map[string]any)["ipAllowList"].([]any); len(list) != 1 {
		t.Errorf("an update has changed the access list: %v", list)
	}
}

// TestEdgeRegions: the region is a string of the published form, and any is served.
func TestEdgeRegions(t *testing.T) {
	c := start(t).as(sandbox.AdminServiceAccount)
	for region, want := range map[string]int{
		"eu01": 201, "eu02": 201, "eu-west-1": 201, "lab": 201, "EU01": 400, "1eu": 400, "eu_01": 400,
		strings.Repeat("e", 33): 400,
	} {
		name := "r" + strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(region))
		name = name[:min(len(name), 8)]
		path := projectPath + "/regions/" + region + "/instances"
		status, body := c.json(http.MethodPost, path, `{"displayName":"`+name+`","planId":"`+sandbox.PlanID+`"}`)
		if status != want {
			t.Errorf("region %q: status %d, want %d", region, status, want)
		} else if want == 201 && !strings.Contains(body["frontendUrl"].(string), ".edge."+region+".") {
			t.Errorf("region %q: web UI at %v", region, body["frontendUrl"])
		}
	}
}

// TestEdgePlans: public modules take the only plan there is.
func TestEdgePlans(t *testing.T) {
	for given, want := range map[int]int{0: 1, 1: 1, 3: 3, 9: 3} {
		c := start(t, func(o *sandbox.Options) { o.Plans = given }).as(sandbox.ReaderServiceAccount)
		_, body := c.get(projectPath + "/plans")
		plans, _ := body["validPlans"].([]any)
		if len(plans) != want {
			t.Errorf("of %d plans %d are there, want %d", given, len(plans), want)
		}
		if len(plans) > 0 && plans[0].(map[string]any)["id"] != sandbox.PlanID {
			t.Errorf("the first plan is %v", plans[0])
		}
	}
}

// TestEdgeForeignProjects: a project that is not the caller's is forbidden, whether it is there or not; what is not in
// one that is, is not found.
func TestEdgeForeignProjects(t *testing.T) {
	c := start(t)
	const instances = "/regions/" + sandbox.Region + "/instances"
	var added sandbox.AccountState
	status, _, answer := c.do(http.MethodPost, "/sandbox/accounts", "application/json",
		`{"name":"narrow","role":"edge.admin","projects":["`+sandbox.OtherProjectID+`"]}`)
	if err := json.Unmarshal([]byte(answer), &added); status != 200 || err != nil {
		t.Fatalf("add account: status %d, %s", status, answer)
	}
	narrow := c.as(added.Email)
	edge := func(project string) string { return "/edge/v1beta1/projects/" + project }
	for _, test := range []struct {
		what, path string
		status     int
	}{
		{"its own project", edge(sandbox.OtherProjectID) + instances, 200},
		{"an instance that is not in it", edge(sandbox.OtherProjectID) + instances + "/demo-3714d85", 404},
		{"another's", edge(sandbox.ProjectID) + instances, 403},
		{"another's instance", instancePath, 403},
		{"another's token", instancePath + "/token", 403},
		{"one that is not there", edge("99999999-ffff-4bcd-8fff-123456789abc") + instances, 403},
		{"resource manager, its own", "/resource-manager/v2/projects/" + sandbox.OtherProjectID, 200},
		{"resource manager, another's", "/resource-manager/v2/projects/" + sandbox.ProjectID, 403},
	} {
		if got, _ := narrow.get(test.path); got != test.status {
			t.Errorf("%s: status %d, want %d", test.what, got, test.status)
		}
	}
	_, body := narrow.get("/resource-manager/v2/projects?containerParentId=" + sandbox.ParentID)
	if items := body["items"].([]any); len(items) != 1 {
		t.Errorf("it sees %d projects, want its own", len(items))
	}
}

// TestEdgeCredentialsWhileReconciling: what STACKIT does then is not public, so all that it could do can be had.
func TestEdgeCredentialsWhileReconciling(t *testing.T) {
	c := start(t).as(sandbox.AdminServiceAccount)
	path := regionPath + "/instances/" + sandbox.ReconcilingID
	set := func(body string) {
		t.Helper()
		if status, _ := c.json(http.MethodPatch, "/sandbox/instances/"+sandbox.ReconcilingID, body); status != 204 {
			t.Fatalf("set %s: status %d", body, status)
		}
	}
	want := func(what string, statuses ...int) {
		t.Helper()
		for i, want := range statuses {
			for _, suffix := range []string{"/token", "/kubeconfig"}[:1+i%2] {
				if got, _ := c.get(path + suffix); got != want {
					t.Errorf("%s, request %d for %s: status %d, want %d", what, i, suffix, got, want)
				}
			}
		}
	}
	want("by its status", 404)
	set(`{"credentials":"minted"}`)
	want("mints", 200, 200)
	set(`{"credentials":"refused"}`)
	want("refuses", 404, 404)
	set(`{"credentials":"minted","refuseCredentials":1}`)
	want("404 then mints", 404, 200)
	set(`{"credentials":"","status":"active"}`)
	want("active", 200)
	set(`{"status":"reconciling"}`)
	want("reconciles as one that was active", 200)
	set(`{"status":"creating"}`)
	want("is being created", 404)
	set(`{"status":"failed"}`)
	want("has failed", 404)
	if _, body := c.get(path); body["status"] != sandbox.StatusError {
		t.Errorf("status of a failed one: %v", body["status"])
	}
	set(`{"status":"deleting","goneIn":"5s"}`)
	if _, body := c.get(path); body["status"] != sandbox.StatusDeleting {
		t.Errorf("status of a deleting one: %v", body["status"])
	}
	c.s.Advance(5 * time.Second)
	want("is gone", 404)
}

// TestEdgeUpdateKeepsCredentials: a change of the description makes a live instance reconcile, and takes nothing from
// those who use it.
func TestEdgeUpdateKeepsCredentials(t *testing.T) {
	c := start(t).as(sandbox.AdminServiceAccount)
	if status, _ := c.json(http.MethodPut, instancePath, `{"description":"Mill 8"}`); status != 204 {
		t.Fatalf("update: status %d", status)
	}
	if _, body := c.get(instancePath); body["status"] != sandbox.StatusReconciling {
		t.Fatalf("status %v", body["status"])
	}
	for _, suffix := range []string{"/token", "/kubeconfig"} {
		if status, _ := c.get(instancePath + suffix); status != 200 {
			t.Errorf("%s while it reconciles: status %d", suffix, status)
		}
	}
}

// TestSeed: what is added to two sandboxes of one seed has the same IDs, in whatever order it is added.
func TestSeed(t *testing.T) {
	add := func(seed string, bodies ...[2]string) map[string]string {
		c := start(t, func(o *sandbox.Options) { o.Seed = seed })
		ids := map[string]string{}
		for _, body := range bodies {
			status, answer := c.json(http.MethodPost, "/sandbox/"+body[0], body[1])
			if status != 200 {
				t.Fatalf("add %v: status %d, %v", body, status, answer)
			}
			for _, member := range []string{"projectId", "id", "containerId", "email", "subject"} {
				if id, ok := answer[member].(string); ok && id != sandbox.ProjectID {
					ids[body[1]+" "+member] = id
				}
			}
		}
		return ids
	}
	project, account := [2]string{"projects", `{"name":"Harbour 7"}`}, [2]string{"accounts", `{"name":"ci"}`}
	instance := [2]string{"instances", `{"displayName":"press"}`}
	first := add("a", project, account, instance)
	second := add("a", instance, account, project)
	if len(first) != 5 {
		t.Errorf("IDs %v", first)
	}
	for what, id := range first {
		if second[what] != id {
			t.Errorf("%s: %s and %s", what, id, second[what])
		}
	}
	if other := add("b", project, account); other[project[1]+" projectId"] == first[project[1]+" projectId"] ||
		other[account[1]+" email"] == first[account[1]+" email"] {
		t.Error("another seed gives the same IDs")
	}
	c := start(t, func(o *sandbox.Options) { o.Seed = "a" })
	for range 2 {
		if status, body := c.json(http.MethodPost, "/sandbox/projects", project[1]); status != 200 {
			t.Errorf("a second project of one name: status %d, %v", status, body)
		}
	}
}
