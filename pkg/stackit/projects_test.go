package stackit

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func TestProjects(t *testing.T) {
	w := newWorld(t, sandbox.ReaderServiceAccount)
	for _, c := range []struct {
		name   string
		filter ProjectFilter
		want   []string
	}{
		{"parent", ProjectFilter{ParentID: sandbox.ParentID}, []string{"YOUR-PROJECT", "factory-floor", "retired"}},
		{"parent's container id", ProjectFilter{ParentID: sandbox.ParentContainerID},
			[]string{"YOUR-PROJECT", "factory-floor", "retired"}},
		{"parent and name", ProjectFilter{ParentID: sandbox.ParentID, Name: sandbox.ProjectName},
			[]string{"YOUR-PROJECT"}},
		{"member and name", ProjectFilter{Member: sandbox.ReaderServiceAccount, Name: sandbox.ProjectName},
			[]string{"YOUR-PROJECT", "YOUR-PROJECT"}},
		{"part of a name", ProjectFilter{ParentID: sandbox.ParentID, Name: "YOUR"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			projects, err := w.Projects(t.Context(), c.filter)
			if got := names(projects); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %v, %v; want %v", got, err, c.want)
			}
		})
	}
	_, err := w.Projects(t.Context(), ProjectFilter{ParentID: "nowhere"})
	if !hasStatus(err, 403) || !strings.Contains(err.Error(), `list projects below "nowhere"`) || hint.Of(err) == "" {
		t.Errorf("unknown parent: %v, hint %q", err, hint.Of(err))
	}
	if _, err := w.Projects(t.Context(), ProjectFilter{}); !strings.Contains(hint.Of(err), "--parent-id") {
		t.Errorf("no filter: %v, hint %q", err, hint.Of(err))
	}
}

func TestProjectsOfSeveralPages(t *testing.T) {
	w := newWorld(t, sandbox.ReaderServiceAccount)
	added := 0
	for _, extra := range []int{pageSize - 4, pageSize - 3, 2*pageSize - 3, 2*pageSize + 4} {
		for i := added; i < extra; i++ {
			now := time.Now()
			w.AddProject(sandbox.Project{ProjectID: fmt.Sprintf("12345678-0000-4000-8000-%012d", i),
				ContainerID: fmt.Sprint("extra-", i), Name: fmt.Sprint("extra-", i),
				LifecycleState: "ACTIVE", Parent: sandbox.Parent{ID: sandbox.ParentID,
					ContainerID: sandbox.ParentContainerID, Type: "FOLDER"}, CreationTime: now, UpdateTime: now})
		}
		added = extra
		projects, err := w.Projects(t.Context(), ProjectFilter{ParentID: sandbox.ParentID})
		if err != nil || len(slices.Compact(names(projects))) != extra+3 {
			t.Errorf("got %d projects, %v; want %d", len(projects), err, extra+3)
		}
	}
}

// pages answers with this many projects in all, at most limit at a time, and, unless it is stuck, from the offset asked
// for.
func pages(t *testing.T, total, limit int, stuck bool) *Client {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var offset float64
		fmt.Sscan(r.URL.Query().Get("offset"), &offset)
		if stuck {
			offset = 0
		}
		var items []string
		for i := int(offset); i < min(total, int(offset)+limit); i++ {
			items = append(items, fmt.Sprintf(`{"projectId":"%d","containerId":"c","name":"n","lifecycleState":"ACTIVE",
				"creationTime":"2026-01-01T00:00:00Z",
				"updateTime":"2026-01-01T00:00:00Z","parent":{"id":"p","containerId":"p","type":"FOLDER"}}`, i))
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"items":[%s],"offset":%v,"limit":%d}`, strings.Join(items, ","), offset, limit)
	}))
	t.Cleanup(srv.Close)
	return New(srv.Client(), Endpoints{ResourceManager: srv.URL}, fixed("ours"))
}

func TestProjectsWithSmallerPages(t *testing.T) {
	projects, err := pages(t, 47, 20, false).Projects(t.Context(), ProjectFilter{ParentID: "p"})
	if err != nil || len(projects) != 47 {
		t.Errorf("got %d projects, %v; want 47", len(projects), err)
	}
}

func TestProjectsOfAStuckAPI(t *testing.T) {
	if _, err := pages(t, 100, 50, true).Projects(t.Context(), ProjectFilter{ParentID: "p"}); err == nil ||
		!strings.Contains(err.Error(), "repeats") {
		t.Errorf("got %v", err)
	}
}

func TestProjectsWithoutEnd(t *testing.T) {
	asked := "list projects: the API has more than 200 pages"
	if _, err := pages(t, 1<<30, pageSize, false).Projects(t.Context(), ProjectFilter{ParentID: "p"}); err == nil ||
		!strings.Contains(err.Error(), asked) {
		t.Errorf("got %v", err)
	}
	projects, err := pages(t, 1<<30, pageSize, false).Projects(t.Context(), ProjectFilter{ParentID: "p", Limit: 120})
	if err != nil || len(projects) != 120 {
		t.Errorf("got %d projects, %v; want 120", len(projects), err)
	}
}

func names(projects []Project) []string {
	var names []string
	for _, p := range projects {
		names = append(names, p.Name)
	}
	return names
}
