package sandbox_test

import (
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func TestProjects(t *testing.T) {
	c := start(t)
	admin, reader := c.as(sandbox.AdminServiceAccount), c.as(sandbox.ReaderServiceAccount)
	c.s.SetRole(sandbox.ReaderServiceAccount, sandbox.NoRole)
	const list = "/resource-manager/v2/projects"
	byParent := list + "?containerParentId=" + sandbox.ParentID
	for _, test := range []struct {
		name   string
		who    *client
		path   string
		status int
		items  int
	}{
		{"no token", c, byParent, 401, 0},
		{"no filter", admin, list, 400, 0},
		{"parent by UUID", admin, byParent, 200, 3},
		{"parent by container ID", admin, list + "?containerParentId=" + sandbox.ParentContainerID, 200, 3},
		{"other parent", admin, list + "?containerParentId=" + sandbox.OtherParentID, 200, 1},
		{"unknown parent", admin, list + "?containerParentId=none", 403, 0},
		{"no role", reader, byParent, 200, 0},
		{"member", admin, list + "?member=" + sandbox.AdminServiceAccount, 200, 4},
		{"unknown member", admin, list + "?member=nobody@example.com", 200, 0},
		{"parent and unknown member", admin, byParent + "&member=nobody@example.com", 200, 0},
		{"IDs", admin, list + "?containerIds=" + sandbox.ProjectID + "&containerIds=" + sandbox.NamesakeProjectID, 200,
			2},
		{"first page", admin, byParent + "&limit=2", 200, 2},
		{"second page", admin, byParent + "&limit=2&offset=2", 200, 1},
		{"page after the last", admin, byParent + "&limit=2&offset=4", 200, 0},
		{"bad limit", admin, byParent + "&limit=0", 400, 0},
		{"created later", admin, byParent + "&creation-time-start=2026-08-01T00:00:00Z", 200, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := test.who.get(test.path)
			if status != test.status {
				t.Fatalf("status %d, want %d", status, test.status)
			}
			if items, _ := body["items"].([]any); len(items) != test.items {
				t.Errorf("%d items, want %d", len(items), test.items)
			}
		})
	}
	for id, want := range map[string]int{sandbox.ProjectID: 200, "your-project-h2Vn8Rt": 200, "none": 404} {
		if status, _ := admin.get(list + "/" + id); status != want {
			t.Errorf("get %s: status %d, want %d", id, status, want)
		}
	}
	if status, _ := reader.get(list + "/" + sandbox.ProjectID); status != 403 {
		t.Errorf("get without a role: status %d, want 403", status)
	}
}
