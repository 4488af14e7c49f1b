//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// listsObjects is lists, but for who asks for objects rather than for a table.
func listsObjects(w http.ResponseWriter, r *http.Request) {
	const object = `"metadata":{"name":"settings","namespace":"default","annotations":{"theirs":"kept"}},
		"data":{"n":"9007199254740993","space":"a\u00a0b"}`
	switch {
	case strings.Contains(r.Header.Get("Accept"), "as=Table"):
		lists(w, r)
	case strings.HasSuffix(r.URL.Path, "/configmaps"):
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"kind":"ConfigMapList","apiVersion":"v1","metadata":{},"items":[{`+object+`}]}`)
	case strings.HasSuffix(r.URL.Path, "/configmaps/settings"):
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"kind":"ConfigMap","apiVersion":"v1",`+object+`}`)
	default:
		lists(w, r)
	}
}

// merged is what each prints as one document.
type merged struct {
	Kind  string `json:"kind"`
	Items []struct {
		Kind     string `json:"kind"`
		Metadata struct {
			Name        string            `json:"name"`
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
		Data          map[string]string `json:"data"`
		Instance      string            `json:"instance"`
		ServerVersion map[string]any    `json:"serverVersion"`
		Context       string            `json:"context"`
		Error         string            `json:"error"`
		Result        map[string]any    `json:"result"`
	} `json:"items"`
}

// Objects of all clusters are one list, each with where it is from, however the format is spelled, and also where
// kubectl is started. The error of one is on standard error.
func TestEachMergesObjects(t *testing.T) {
	refuses := func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/configmaps") && !strings.HasSuffix(r.URL.Path, "/version") {
			lists(w, r)
			return
		}
		w.WriteHeader(http.StatusTeapot)
	}
	p := fleetOf(t, listsObjects, refuses, listsObjects)
	kubectl := `#!/bin/sh
case "$*" in
"version --client --output=json") echo '{"clientVersion":{"gitVersion":"v1.36.3"}}' ;;
*site00*) echo 'error: no tea here' >&2; exit 1 ;;
*json*) echo '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"settings",
  "annotations":{"theirs":"kept"}},"data":{"n":"9007199254740993","space":"a\u00a0b"}}' ;;
*) echo "not JSON: $*" ;;
esac
`
	if err := os.WriteFile(filepath.Join(p.env.WorkDir, "bin", "kubectl"), []byte(kubectl), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{
		"get cm -o json", "get cm -o=json", "get cm -ojson", "get -Ao json cm", "get cm --output=json",
		"get cm -o wide -o json", "get cm --output json", "get cm -o yaml", "get -Aoyaml cm", "get cm settings -o json",
		"get cm settings -o yaml",
		"get cm --server-print=false -o json", "get cm --server-print=false -Ao yaml", "label cm settings a=b -o yaml",
	} {
		code, stdout, stderr := p.exec(nil, "sh", "-c", "kubectl-edge each --all -- "+command)
		var got merged
		if err := yaml.UnmarshalStrict([]byte(stdout), new(map[string]any)); err != nil {
			t.Errorf("%s: %v in\n%s", command, err, stdout)
			continue
		}
		if isJSON := strings.HasPrefix(stdout, "{"); isJSON != strings.Contains(command, "json") {
			t.Errorf("%s: printed\n%s", command, stdout)
		}
		if err := yaml.Unmarshal([]byte(stdout), &got); err != nil {
			t.Error(err)
		}
		var from []string
		for _, item := range got.Items {
			from = append(from, item.Metadata.Annotations["kubectl-edge/instance"])
			if item.Metadata.Annotations["theirs"] != "kept" || item.Data["n"] != "9007199254740993" ||
				item.Data["space"] != "a\u00a0b" ||
				item.Kind != "ConfigMap" && item.Kind != "" {
				t.Errorf("%s: %+v", command, item)
			}
		}
		if got.Kind != "List" || !slices.Equal(from, []string{"demo", "site01"}) || code != 1 {
			t.Errorf("%s: exit code %d, printed %+v", command, code, got)
		}
		if !strings.HasPrefix(stderr, "site00 | ") || strings.Count(stderr, "\n") != 2 ||
			!strings.HasSuffix(stderr, "error: kubectl failed for 1 of 3 instances: site00\n") {
			t.Errorf("%s: says\n%s", command, stderr)
		}
	}
}

// What is watched as JSON or YAML is one document after the other, each whole and with where it is from.
func TestEachWatchesDocuments(t *testing.T) {
	const object = `{"kind":"ConfigMap","apiVersion":"v1","data":{"n":"9007199254740993","space":"a\u00a0b"},
		"metadata":{"name":"settings","annotations":{"theirs":"kept"}}}`
	watched := func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasSuffix(r.URL.Path, "/configmaps"):
			lists(w, r)
		case r.URL.Query().Get("watch") == "":
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"1"},
				"items":[`+object+`]}`)
		default:
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"type":"MODIFIED","object":`+object+"}")
		}
	}
	p := fleetOf(t, watched, watched)
	for _, format := range []string{"json", "yaml"} {
		code, stdout, stderr := p.exec(nil, "kubectl-edge", "each", "--all", "--", "get", "cm", "-w", "-o", format)
		documents := utilyaml.NewYAMLOrJSONDecoder(strings.NewReader(stdout), 1<<12)
		count := map[string]int{}
		for {
			var item struct {
				Metadata struct {
					Annotations map[string]string `json:"annotations"`
				} `json:"metadata"`
				Data map[string]string `json:"data"`
			}
			if err := documents.Decode(&item); err != nil {
				if !errors.Is(err, io.EOF) {
					t.Error(err)
				}
				break
			}
			if item.Metadata.Annotations["theirs"] != "kept" || item.Data["n"] != "9007199254740993" ||
				item.Data["space"] != "a\u00a0b" {
				t.Errorf("got %+v", item)
			}
			count[item.Metadata.Annotations["kubectl-edge/instance"]]++
		}
		if code != 0 || len(count) != 2 || count["demo"] != 2 || count["site00"] != 2 {
			t.Errorf("-o %s: exit code %d, %v in\n%s%s", format, code, count, stdout, stderr)
		}
	}
}

// What is not JSON is shown, on standard error, and kubectl's own exit code stays. null is nothing.
func TestEachShowsWhatIsNoDocument(t *testing.T) {
	p := fleetOf(t, lists)
	kubectl := "#!/bin/sh\ncase \"$*\" in *null*) echo null ;; *) echo what; exit $3 ;; esac\n"
	if err := os.WriteFile(filepath.Join(p.env.WorkDir, "bin", "kubectl"), []byte(kubectl), 0o700); err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]struct {
		code   int
		stderr string
	}{
		"label null -o json": {0, ""},
		"label 0 -o yaml": {1, "demo | what\n" +
			"error: kubectl failed for 1 of 1 instance: demo: what kubectl printed is not JSON\n"},
		"label 3 -o yaml": {3, "demo | what\nerror: kubectl failed for 1 of 1 instance: demo\n"},
	} {
		code, stdout, stderr := p.exec(nil, "sh", "-c", "kubectl-edge each demo -- "+command)
		var got merged
		if err := yaml.Unmarshal([]byte(stdout), &got); err != nil || got.Kind != "List" || len(got.Items) != 0 ||
			code != want.code || stderr != want.stderr {
			t.Errorf("%s: exit code %d, %v, printed\n%s%s", command, code, err, stdout, stderr)
		}
	}
}

// Objects of all are in the order that --sort-by asks for, as rows are.
func TestEachSortsObjects(t *testing.T) {
	object := func(at string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/configmaps") {
				lists(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"kind":"ConfigMapList","apiVersion":"v1","items":[{"metadata":{"name":%q}},`+
				`{"metadata":{"name":"m"}}]}`, at)
		}
	}
	p := fleetOf(t, object("z"), object("b"))
	_, stdout, stderr := p.exec(nil, "kubectl-edge", "each", "--all", "--", "get", "cm", "--sort-by=.metadata.name",
		"-o", "json")
	var got merged
	if err := yaml.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err, stdout, stderr)
	}
	names := ""
	for _, item := range got.Items {
		names += item.Metadata.Name
	}
	if names != "bmmz" {
		t.Errorf("got the objects %q\n%s%s", names, stdout, stderr)
	}
}

// What is no object says as a field whose it is.
func TestEachMergesVersions(t *testing.T) {
	p := fleetOf(t, lists, lists)
	kubectl := "#!/bin/sh\necho '{\"clientVersion\":{\"gitVersion\":\"v1.36.3\"}}'\n"
	if err := os.WriteFile(filepath.Join(p.env.WorkDir, "bin", "kubectl"), []byte(kubectl), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"json", "yaml"} {
		_, stdout, stderr := p.exec(nil, "kubectl-edge", "each", "--all", "--", "version", "-o", format)
		var got merged
		if err := yaml.Unmarshal([]byte(stdout), &got); err != nil || len(got.Items) != 2 ||
			got.Items[0].Instance != "demo" || got.Items[1].Instance != "site00" ||
			got.Items[1].ServerVersion["gitVersion"] != "v1.36.3" || stderr != "" {
			t.Errorf("%v, printed\n%s%s", err, stdout, stderr)
		}
	}
	_, stdout, stderr := p.exec(nil, "kubectl-edge", "each", "--all", "--", "version")
	const want = `INSTANCE   SERVER-VERSION   CLIENT-VERSION
demo       v1.36.3          v1.36.3
site00     v1.36.3          v1.36.3
`
	if stdout != want || stderr != "" {
		t.Errorf("got\n%swant\n%s%s", stdout, want, stderr)
	}
}

// The formats of each itself: one document with a result of each context, or kubectl's own.
func TestEachFormats(t *testing.T) {
	p := fleetOf(t, listsObjects, listsObjects)
	for format, want := range map[string]string{
		"wide":                                  "INSTANCE   NAME\ndemo       settings\nsite00     settings\n",
		"name":                                  "demo   | configmap/settings\nsite00 | configmap/settings\n",
		"jsonpath={.items[*].metadata.name}":    "demo   | settings\nsite00 | settings\n",
		"custom-columns=WHAT:.metadata.name":    "INSTANCE   WHAT\ndemo       settings\nsite00     settings\n",
		"go-template={{len .items}}{{\"\\n\"}}": "demo   | 1\nsite00 | 1\n",
	} {
		code, stdout, stderr := p.exec(nil, "kubectl-edge", "each", "--all", "-o", format, "--", "get", "cm")
		if stdout != want || code != 0 {
			t.Errorf("-o %s: exit code %d, got\n%swant\n%s%s", format, code, stdout, want, stderr)
		}
	}
	for _, format := range []string{"json", "yaml"} {
		_, stdout, stderr := p.exec(nil, "kubectl-edge", "each", "--all", "-o", format, "--", "get", "cm", "-o", format)
		var got merged
		if err := yaml.Unmarshal([]byte(stdout), &got); err != nil || got.Kind != "EachResultList" ||
			len(got.Items) != 2 || got.Items[1].Context != "edge_eu01_site00-3714d85" ||
			got.Items[1].Result["kind"] != "List" || strings.HasPrefix(stdout, "{") != (format == "json") {
			t.Errorf("%v, printed\n%s%s", err, stdout, stderr)
		}
	}
}
