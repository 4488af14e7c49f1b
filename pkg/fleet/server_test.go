package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"
)

// server is an API server that answers paths with JSON, and counts the requests for each. It has config maps and
// deployments, whose short name is that of another resource, too.
type server struct {
	*httptest.Server
	asked map[string]*atomic.Int32
}

const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

// discovered is a group of a server's API in the words of aggregated discovery.
func discovered(group string, resources ...string) string {
	var all []string
	for _, r := range resources {
		name, kind, short := "", "", ""
		fmt.Sscan(r, &name, &kind, &short)
		all = append(all, fmt.Sprintf(`{"resource":%q,"singularResource":%q,"scope":"Namespaced","verbs":["get","list"],
			"shortNames":[%q],"responseKind":{"group":%q,"version":"v1","kind":%q}}`,
			name, strings.ToLower(kind), short, group, kind))
	}
	return fmt.Sprintf(`{"metadata":{"name":%q},"versions":[{"version":"v1","resources":[%s]}]}`, group,
		strings.Join(all, ","))
}

func newServer(t *testing.T, answers map[string]http.HandlerFunc) *server {
	t.Helper()
	t.Setenv("KUBECACHEDIR", t.TempDir())
	s := &server{asked: map[string]*atomic.Int32{}}
	groups := map[string]string{
		"/api":  discovered("", "configmaps ConfigMap cm"),
		"/apis": discovered("apps", "deployments Deployment d") + "," + discovered("zoo", "dogs Dog d"),
	}
	for path := range groups {
		s.asked[path] = &atomic.Int32{}
	}
	for path := range answers {
		s.asked[path] = &atomic.Int32{}
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := s.asked[r.URL.Path]; n != nil {
			n.Add(1)
		}
		if list, ok := groups[r.URL.Path]; ok {
			w.Header().Set("Content-Type", aggregatedType)
			fmt.Fprintf(w, `{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[%s]}`, list)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if answer := answers[r.URL.Path]; answer != nil {
			answer(w, r)
			return
		}
		status(w, http.StatusNotFound, "NotFound", "not here")
	}))
	t.Cleanup(s.Close)
	return s
}

func status(w http.ResponseWriter, code int, reason, message string) {
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"message":%q,"code":%d}`,
		reason, message, code)
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

// member is one of the server, who gets these tokens one after the other.
func (s *server) member(tokens ...string) *Member {
	given := 0
	return &Member{Context: "demo", Instance: "demo", Namespace: "default", Config: &rest.Config{Host: s.URL},
		Credential: func(context.Context, *Credential) (Credential, error) {
			token := tokens[min(given, len(tokens)-1)]
			given++
			return Credential{Token: token}, nil
		}}
}

func run(t *testing.T, m *Member, args ...string) *Answer {
	t.Helper()
	command, ok := Parse(args)
	if !ok {
		t.Fatalf("%q is not known", args)
	}
	return command.Run(t.Context(), m)
}

const (
	configMaps = "/api/v1/namespaces/default/configmaps"
	table      = `{"kind":"Table","apiVersion":"meta.k8s.io/v1","columnDefinitions":[{"name":"Name","type":"string"}],
		"rows":[{"cells":["a"]}]}`
)

// A server that has forgotten a token is asked once more with another; with the same one it would say the same.
func TestRefused(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{configMaps: func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer new" {
			status(w, http.StatusUnauthorized, "Unauthorized", "Unauthorized")
			return
		}
		fmt.Fprint(w, table)
	}})
	if a := run(t, s.member("old", "new"), "get", "cm"); a.Err != nil || a.Rows() != 1 {
		t.Errorf("with another token: %d rows, %v", a.Rows(), a.Err)
	}
	s.asked[configMaps].Store(0)
	if a := run(t, s.member("old", "old"), "get", "cm"); a.Err == nil || s.asked[configMaps].Load() != 1 {
		t.Errorf("with the same token: asked %d times, %v", s.asked[configMaps].Load(), a.Err)
	}
}

// The discovery of one process is the next one's, for six hours; what it does not know may be new on the server.
func TestCache(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{configMaps: says(table)})
	get := func(what string) *Answer { return run(t, s.member("token"), "get", what) }
	wantAsked := func(when string, want int32) {
		t.Helper()
		if got := s.asked["/apis"].Load(); got != want {
			t.Errorf("%s: the API was asked for %d times, want %d", when, got, want)
		}
	}
	for range 2 {
		if a := get("cm"); a.Err != nil {
			t.Fatal(a.Err)
		}
	}
	wantAsked("two commands", 1)
	if a := get("nonsense"); a.Err == nil || a.Err.Error() != `the server doesn't have a resource type "nonsense"` {
		t.Errorf("a type that nobody has: %v", a.Err)
	}
	wantAsked("a type that is not cached", 2)
	old := time.Now().Add(-7 * time.Hour)
	err := filepath.WalkDir(cacheFolder(s.URL), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			err = os.Chtimes(path, old, old)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	get("cm")
	wantAsked("after seven hours", 3)
}

// Warnings are passed on once each, those of the server and that of a name which could mean two things.
func TestWarnings(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{
		"/apis/apps/v1/namespaces/default/deployments": func(w http.ResponseWriter, _ *http.Request) {
			for _, text := range []string{"old", "old", "older"} {
				w.Header().Add("Warning", fmt.Sprintf(`299 - %q`, text))
			}
			fmt.Fprint(w, table)
		},
	})
	a := run(t, s.member("token"), "get", "d")
	if diff := cmp.Diff([]string{
		`Warning: short name "d" could also match lower priority resource dogs.zoo`, "Warning: old", "Warning: older",
	}, a.Notes); diff != "" || a.Err != nil {
		t.Errorf("%v\n%s", a.Err, diff)
	}
}

// An older server has only the beta of the API that says who asks.
func TestWhoamiOfOlderServer(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{"/apis/authentication.k8s.io/v1beta1/selfsubjectreviews": says(
		`{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1beta1","status":{"userInfo":
			{"username":"ada"}}}`)})
	a := run(t, s.member("token"), "auth", "whoami")
	if a.Err != nil || a.Rows() != 1 || fmt.Sprint(a.Tables[0].pages[0].Rows[0].Cells) != "[Username ada]" {
		t.Errorf("%v, %+v", a.Err, a.Tables)
	}
	a = run(t, newServer(t, nil).member("token"), "auth", "whoami")
	if a.Err == nil || a.Err.Error() != "the selfsubjectreviews API is not enabled in the cluster" {
		t.Errorf("a server without it: %v", a.Err)
	}
}

// What comes from objects does not control the terminal.
func TestCustomColumnsAreHarmless(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{configMaps: says(`{"kind":"ConfigMapList","apiVersion":"v1","items":
		[{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a\u001b[2J"}}]}`)})
	a := run(t, s.member("token"), "get", "cm", "-o", "custom-columns=N:.metadata.name")
	if a.Err != nil || strings.Contains(fmt.Sprint(a.Tables[0].pages[0].Rows[0].Cells), "\x1b") {
		t.Errorf("%v, %q", a.Err, a.Tables[0].pages[0].Rows)
	}
}

// A server's list is read to its end.
func TestPages(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{configMaps: func(w http.ResponseWriter, r *http.Request) {
		next := ""
		if r.URL.Query().Get("limit") != "1" {
			t.Errorf("asked with %s", r.URL.RawQuery)
		}
		if r.URL.Query().Get("continue") == "" {
			next = "more"
		}
		fmt.Fprint(w, strings.Replace(table, `"columnDefinitions"`,
			fmt.Sprintf(`"metadata":{"continue":%q},"columnDefinitions"`, next), 1))
	}})
	if a := run(t, s.member("token"), "get", "cm", "--chunk-size", "1"); a.Err != nil || a.Rows() != 2 {
		t.Errorf("%d rows, %v", a.Rows(), a.Err)
	}
}

// A watch of one object shows it once, although the server begins with it, and then what happens to it.
func TestWatchOfOne(t *testing.T) {
	const event = `{"type":%q,"object":{"kind":"Table","apiVersion":"meta.k8s.io/v1","rows":[{"cells":[%q]}]}}`
	s := newServer(t, map[string]http.HandlerFunc{
		configMaps + "/a": says(table),
		configMaps: func(w http.ResponseWriter, r *http.Request) {
			if q := r.URL.Query(); q.Get("watch") != "true" || q.Get("fieldSelector") != "metadata.name=a" {
				t.Errorf("asked with %s", r.URL.RawQuery)
			}
			fmt.Fprintf(w, event+event, "ADDED", "a", "MODIFIED", "again")
		},
	})
	command, ok := Parse([]string{"get", "cm", "a", "--watch"})
	if !ok {
		t.Fatal("it is not known")
	}
	m, begun := s.member("token"), 0
	var out strings.Builder
	stream := command.Merger([]*Member{m}).Stream(&out, nil, []*Member{m})
	if err := command.Watch(t.Context(), m, stream, nil, nil, func() { begun++ }); !errors.Is(err, ErrWatchEnded) {
		t.Error(err)
	}
	if begun != 1 {
		t.Errorf("it has begun %d times", begun)
	}
	if diff := cmp.Diff([]string{"INSTANCE", "NAME", "demo", "a", "demo", "again"},
		strings.Fields(out.String())); diff != "" {
		t.Error(diff)
	}
}

// Nobody is watched for who reads no more, in whatever format.
func TestWatchUnread(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{configMaps: func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("watch") == "true" {
			t.Error("it is watched")
		}
		if strings.Contains(r.Header.Get("Accept"), "Table") {
			fmt.Fprint(w, table)
			return
		}
		fmt.Fprint(w, `{"kind":"ConfigMapList","apiVersion":"v1","items":[{"kind":"ConfigMap","apiVersion":"v1",
			"metadata":{"name":"a"}}]}`)
	}})
	for _, format := range []string{"", "name", "json", "jsonpath={.metadata.name}"} {
		command, ok := Parse([]string{"get", "cm", "--watch", "-o", format})
		if !ok {
			t.Fatalf("-o %s is not known", format)
		}
		m, closed := s.member("token"), unread{}
		var documents *Documents
		if IsDocument(format) {
			documents = NewDocuments(closed, format)
		}
		stream := command.Merger([]*Member{m}).Stream(closed, documents, []*Member{m})
		if err := command.Watch(t.Context(), m, stream, closed, nil, nil); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("-o %q: %v", format, err)
		}
	}
}

// unread is a stream that nobody reads.
type unread struct{}

func (unread) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
