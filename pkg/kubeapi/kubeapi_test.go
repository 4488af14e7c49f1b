package kubeapi_test

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
)

func start(t *testing.T, handler http.HandlerFunc) kubeapi.Server {
	t.Helper()
	s := httptest.NewTLSServer(handler)
	t.Cleanup(s.Close)
	return kubeapi.Server{URL: s.URL,
		CA: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})}
}

func client(t *testing.T, server kubeapi.Server, who kubeapi.Identity) *kubeapi.Client {
	t.Helper()
	c, err := kubeapi.New(server, who, "kubectl-edge/test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestDo(t *testing.T) {
	server := start(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Date", "Thu, 26 Nov 2026 23:00:00 GMT")
		fmt.Fprintf(w, `{"seen": %q}`, fmt.Sprint(r.Method, " ", r.URL.EscapedPath(), "?", r.URL.RawQuery, " ",
			string(body), " ", r.Header["Authorization"], r.UserAgent(), r.Header["Impersonate-User"],
			r.Header["Impersonate-Group"]))
	})
	server.URL += "/k8s/"
	c := client(t, server, kubeapi.Identity{Token: "secret"})
	var out struct{ Seen string }
	date, err := c.As("ada@plant", "system:masters").Do(t.Context(),
		kubeapi.Call{Method: "POST", Path: []string{"api", "v1", "a/../b"}, Query: map[string][]string{"x": {"y z"}},
			Body: map[string]int{"n": 1}}, &out)
	want := `POST /k8s/api/v1/a%2F..%2Fb?x=y+z {"n":1} [Bearer secret]kubectl-edge/test[ada@plant] [system:masters]`
	if err != nil || out.Seen != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, out.Seen, want)
	}
	if !date.Equal(time.Date(2026, 11, 26, 23, 0, 0, 0, time.UTC)) {
		t.Errorf("date %v", date)
	}
	if _, err := c.Do(t.Context(), kubeapi.Call{Method: "GET"}, &out); err != nil ||
		strings.Contains(out.Seen, "ada@plant") {
		t.Errorf("impersonation stays: %s, %v", out.Seen, err)
	}
}

func TestNo(t *testing.T) {
	var elsewhere bool
	other := start(t, func(http.ResponseWriter, *http.Request) { elsewhere = true })
	server := start(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		case "/status":
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"kind":"Status","status":"Failure","message":"not you","reason":"Forbidden","code":403}`)
		case "/echo": // as a proxy does that shows what it was sent
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"kind":"Status","status":"Failure","message":%q,"reason":"BadRequest","code":400}`,
				fmt.Sprint(r.Header["Authorization"], strings.Repeat("é", 1<<20)))
		case "/large":
			for range 33 {
				_, _ = w.Write(make([]byte, 1<<20))
			}
		case "/text":
			fmt.Fprint(w, "hello")
		default:
			http.Error(w, "no", http.StatusUnauthorized)
		}
	})
	c := client(t, server, kubeapi.Identity{Token: "secret"})
	for path, want := range map[string]string{
		"redirect": "307 Temporary Redirect", "status": "not you", "large": "larger than 32 MiB",
		"text": "not the JSON of an API server", "x": "401 Unauthorized",
		"echo": "[Bearer (token)]éé",
	} {
		_, err := c.Do(t.Context(), kubeapi.Call{Method: "GET", Path: []string{path}}, new(any))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
		if err != nil && len(err.Error()) > 4<<10 {
			t.Errorf("%s: the error has %d bytes", path, len(err.Error()))
		}
		if path == "status" && !apierrors.IsForbidden(err) || path == "x" && !apierrors.IsUnauthorized(err) {
			t.Errorf("%s: %v is of another kind", path, err)
		}
	}
	if elsewhere {
		t.Error("a redirect was followed")
	}

	server.CA = nil // those of the system
	if _, err := client(t, server, kubeapi.Identity{}).Do(t.Context(), kubeapi.Call{Method: "GET"}, nil); err == nil ||
		!errors.As(err, new(*kubeapi.UnreachableError)) {
		t.Errorf("with other authorities: %v", err)
	}
	for _, url := range []string{"http://x", "x", "", "https://"} {
		if _, err := kubeapi.New(kubeapi.Server{URL: url}, kubeapi.Identity{}, ""); err == nil {
			t.Errorf("%q is taken for a server", url)
		}
	}
}

func TestIdentityIsHidden(t *testing.T) {
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, kubeapi.Identity{Token: "secret"}); strings.Contains(got, "secret") {
			t.Errorf("%s: %s", format, got)
		}
	}
}

// TestListEnds has servers that name another page after each, and one that ends.
func TestListEnds(t *testing.T) {
	for name, c := range map[string]struct {
		next  func(asked int) string
		items int
		fails string
	}{
		"one page":        {func(int) string { return "" }, 1, ""},
		"three pages":     {func(asked int) string { return strings.Repeat("x", max(0, 3-asked)) }, 3, ""},
		"always the same": {func(int) string { return "x" }, 200, "the list has no end"},
		"always another":  {func(asked int) string { return fmt.Sprint(asked) }, 200, "the list has no end"},
	} {
		t.Run(name, func(t *testing.T) {
			asked, said := 0, ""
			server := start(t, func(w http.ResponseWriter, r *http.Request) {
				if got := r.URL.Query().Get("continue"); got != said {
					t.Errorf("page %d was asked for by %q, want %q", asked, got, said)
				}
				asked++
				said = c.next(asked)
				fmt.Fprintf(w, `{"metadata": {"continue": %q}, "items": [{"n": 1}]}`, said)
			})
			items := 0
			err := kubeapi.List(t.Context(), client(t, server, kubeapi.Identity{}), kubeapi.Call{Method: "GET"},
				func(page []struct{ N int }) bool {
					items += len(page)
					return true
				})
			if items != c.items || (err == nil) != (c.fails == "") ||
				err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%d items, %v; want %d, %q", items, err, c.items, c.fails)
			}
		})
	}
}
