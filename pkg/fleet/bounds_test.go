package fleet

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// spaces writes n spaces.
func spaces(w io.Writer, n int) {
	some := bytes.Repeat([]byte(" "), 1<<20)
	for ; n > 0; n -= len(some) {
		if _, err := w.Write(some); err != nil {
			return
		}
	}
}

// A cluster that sends too much has failed: it is not asked again, by kubectl neither, and the line says why.
func TestTooMuch(t *testing.T) {
	for name, test := range map[string]struct {
		answer   http.HandlerFunc
		commands []string
	}{
		"announced": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", fmt.Sprint(300<<20))
				fmt.Fprint(w, "{")
			},
			[]string{"get cm,deployments.apps", "get cm -o name", "wait cm --all --for=condition=x",
				"get --raw " + configMaps, "auth whoami"},
		},
		"in chunks": {
			func(w http.ResponseWriter, _ *http.Request) { spaces(w, mostOfAnswer+1) },
			[]string{"get cm,deployments.apps"},
		},
		"compressed": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				z := gzip.NewWriter(w)
				spaces(z, mostOfAnswer+1)
				_ = z.Close() // the client has gone away
			},
			[]string{"get --raw " + configMaps},
		},
	} {
		s := newServer(t, map[string]http.HandlerFunc{
			configMaps: test.answer, "/apis/apps/v1/namespaces/default/deployments": says(table),
			"/apis/authentication.k8s.io/v1/selfsubjectreviews": test.answer,
		})
		for _, command := range test.commands {
			s.asked[configMaps].Store(0)
			a := run(t, s.member("token"), strings.Fields(command)...)
			const want = "error: the server sent more than 128 MiB in one answer, which is as much as is read"
			if got := Failure(t.Context(), a.Err); got != want || a.NeedsKubectl() {
				t.Errorf("%s %s: %q, want %q", name, command, got, want)
			}
			if n := s.asked[configMaps].Load(); n > 1 || a.Rows() > 0 || a.Out.Len() > 0 {
				t.Errorf("%s %s: asked %d times, %d rows, %d bytes", name, command, n, a.Rows(), a.Out.Len())
			}
		}
		if n := s.asked["/apis/apps/v1/namespaces/default/deployments"].Load(); n > 0 {
			t.Errorf("%s: asked for the next resource", name)
		}
	}
}

// All pages of a list together are bounded, too.
func TestTooManyPages(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{configMaps: says(strings.Replace(table, `"columnDefinitions"`,
		`"metadata":{"continue":"more"},"columnDefinitions"`, 1))})
	command, _ := Parse([]string{"get", "cm"})
	c := &connection{member: s.member("token"), note: func(string) {}}
	c.bounds.read = mostOfAll - 10000
	err := command.verb.run(t.Context(), c, &Answer{})
	if n := s.asked[configMaps].Load(); !isTooMuch(err) || n < 2 || n > 100 {
		t.Errorf("after %d pages: %v", n, err)
	}
}

// Events of a watch go on without end, but none is larger than memory.
func TestTooLargeEvent(t *testing.T) {
	const event = `{"type":"BOOKMARK","object":{}}`
	body := io.MultiReader(strings.NewReader(strings.Repeat(event, (mostOfEvent+1<<20)/len(event))),
		strings.NewReader(`{"type":"`), strings.NewReader(strings.Repeat(" ", mostOfEvent+1)))
	w := &watched{}
	if err := w.events(t.Context(), nil, body); !isTooMuch(err) {
		t.Errorf("it ended with %v", err)
	}
}

// A refusal is one, however much is said of it, and what is shown of that is bounded.
func TestLongRefusal(t *testing.T) {
	s := newServer(t, map[string]http.HandlerFunc{
		configMaps: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
			spaces(w, 2*mostOfError)
		},
		configMaps + "/a": func(w http.ResponseWriter, _ *http.Request) {
			status(w, http.StatusForbidden, "Forbidden", strings.Repeat("no ", 100_000))
		},
	})
	a := run(t, s.member("old", "new"), "get", "cm")
	if got := Failure(t.Context(), a.Err); !strings.Contains(got, "must be logged in") || len(got) > 200 {
		t.Errorf("%.300q", got)
	}
	a = run(t, s.member("token"), "get", "cm", "a")
	if got := Failure(t.Context(), a.Err); !strings.HasPrefix(got, "Error from server (Forbidden): no no") ||
		len(got) > mostOfMessage+len("…") {
		t.Errorf("%d bytes: %.300q", len(got), got)
	}
}

// The credential stays with its server.
func TestSentElsewhere(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the other server was asked")
	}))
	t.Cleanup(elsewhere.Close)
	s := newServer(t, map[string]http.HandlerFunc{
		configMaps: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/steal", http.StatusTemporaryRedirect)
		},
		configMaps + "/a": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, configMaps+"/b", http.StatusTemporaryRedirect)
		},
		configMaps + "/b": says(table),
	})
	a := run(t, s.member("token"), "get", "cm")
	want := "Unable to connect to the server: it sends us on to " + strings.TrimPrefix(elsewhere.URL, "http://") +
		", which is not to have the credential"
	if got := Failure(t.Context(), a.Err); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if a = run(t, s.member("token"), "get", "cm", "a"); a.Err != nil || a.Rows() != 1 {
		t.Errorf("to itself: %v", a.Err)
	}
}

// What a server says stays in its cell, with its columns' names and labels.
func TestHostileTable(t *testing.T) {
	const bad = `\nplant   forged\t\u001b[2J\u009b`
	hostile := strings.ReplaceAll(`{"kind":"Table","apiVersion":"meta.k8s.io/v1","columnDefinitions":[
		{"name":"NameBAD","type":"string"},{"name":"More","type":"string"}],
		"rows":[{"cells":["aBAD",{"k":["x\tvBAD"]},7],"object":{"kind":"PartialObjectMetadata",
		"apiVersion":"meta.k8s.io/v1","metadata":{"name":"a","namespace":"nBAD",
		"labels":{"app":"lBAD"}}}}]}`, "BAD", bad)
	s := newServer(t, map[string]http.HandlerFunc{
		"/api/v1/configmaps": says(hostile),
		"/apis/authentication.k8s.io/v1/selfsubjectreviews": says(
			`{"kind":"SelfSubjectReview","status":{"userInfo":{"username":"ada` + bad + `"}}}`),
	})
	m := s.member("token")
	for _, args := range [][]string{{"get", "cm", "-A", "--show-labels", "-L", "app"}, {"auth", "whoami"}} {
		command, ok := Parse(args)
		if !ok {
			t.Fatalf("%q is not known", args)
		}
		a := command.Run(t.Context(), m)
		var out bytes.Buffer
		err := command.Merger([]*Member{m}).Print(&out, []*Member{m}, []*Answer{a})
		if err := errors.Join(a.Err, err); err != nil {
			t.Fatal(err)
		}
		if text := out.String(); strings.Count(text, "\n") != 2 || strings.ContainsAny(text, "\x1b\u009b\t") ||
			!strings.Contains(text, "demo ") {
			t.Errorf("%q shows\n%q", args, text)
		}
	}
}
