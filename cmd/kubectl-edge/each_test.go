//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// aggregated is how a server says all of its API at once.
const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

// lists is an API server with one config map.
func lists(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/api":
		w.Header().Set("Content-Type", aggregated)
		fmt.Fprint(w, `{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[{"metadata":{},
			"versions":[{"version":"v1","resources":[{"resource":"configmaps","singularResource":"configmap",
			"responseKind":{"group":"","version":"v1","kind":"ConfigMap"},"scope":"Namespaced",
			"verbs":["get","list","watch"],"shortNames":["cm"]}]}]}]}`)
	case "/apis":
		w.Header().Set("Content-Type", aggregated)
		fmt.Fprint(w, `{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[]}`)
	case "/apis/authentication.k8s.io/v1/selfsubjectreviews":
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"kind":"SelfSubjectReview","status":{"userInfo":{"username":"ada"}}}`)
	case "/version":
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"major":"1","minor":"36","gitVersion":"v1.36.3"}`)
	default:
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"1"},
			"columnDefinitions":[{"name":"Name","type":"string","format":"name"}],"rows":[{"cells":["settings"]}]}`)
	}
}

// older is one that says its API group by group, which kubectl asks for.
func older(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, `{"kind":"APIVersions","versions":["v1"]}`)
}

// fleetOf has a kubeconfig whose instances demo, site00 and site01 are these servers.
func fleetOf(t *testing.T, servers ...http.HandlerFunc) *person {
	t.Helper()
	p := fleetOwner(t)
	names := []string{"demo", "site00", "site01"}[:len(servers)]
	create := append([]string{"kubectl-edge", "kubeconfig", "create"}, names...)
	if code, _, stderr := p.exec(nil, create...); code != 0 {
		t.Fatal(stderr)
	}
	path := p.env.Getenv("KUBECONFIG")
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, handler := range servers {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		cluster := config.Clusters["edge_eu01_"+names[i]+"-3714d85"]
		cluster.Server, cluster.CertificateAuthorityData = server.URL, nil
	}
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return p
}

// A person who has waited long enough for the last cluster gets what the others have answered.
func TestEachIsInterruptedOnTerminal(t *testing.T) {
	p := fleetOf(t, lists, hangs(t), lists)
	r := p.onTerminal("kubectl-edge", "each", "--all", "--", "get", "configmaps")
	r.sees("2/3")
	r.sees("waiting for site00")
	r.types("\x03")
	if code := r.ends(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	text := strings.NewReplacer("^C", "", "\x1b[K", "").Replace(strings.Join(r.lines(), "\n"))
	for _, want := range []string{`^INSTANCE +NAME\s*$`, `^demo +settings\s*$`, `^site01 +settings\s*$`,
		`^no answer from 1 of 3 instances: site00$`, `^interrupted$`} {
		if !regexp.MustCompile("(?m)" + want).MatchString(text) {
			t.Errorf("nothing like %s in\n%s", want, text)
		}
	}

	r = p.onTerminal("sh", "-c", "trap : INT; kubectl-edge each --all -o json -- get cm >merged.json; cat merged.json")
	r.sees("2/3")
	r.types("\x03")
	r.ends()
	if text = r.all.String(); strings.Count(text, `"exitCode": 0`) != 2 ||
		strings.Count(text, `"error": "interrupted before there was an answer"`) != 1 {
		t.Errorf("as JSON:\n%s", text)
	}
}

// A watch that does not begin has failed; the time for it is tested with toBegin.
func TestEachWatchHasToBegin(t *testing.T) {
	p := fleetOf(t, hangs(t))
	code, _, stderr := p.exec(nil, "kubectl-edge", "each", "demo", "--timeout", "1s", "--", "get", "cm", "--watch")
	if code != 1 || !strings.HasPrefix(stderr, "demo | error: no answer within 1s (--timeout)\n") {
		t.Errorf("exit code %d:\n%s", code, stderr)
	}
}

// What the libraries log of an answer that broke off is not for a person: the error says it, once.
func TestEachLogsNothing(t *testing.T) {
	begins := func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/configmaps") {
			lists(w, r)
			return
		}
		fmt.Fprint(w, `{"kind":"Table",`)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	p := fleetOf(t, begins)
	code, stdout, stderr := p.exec(nil, "kubectl-edge", "each", "--all", "--timeout", "2s", "--", "get", "cm")
	want := regexp.MustCompile(`^demo \| error: no answer within 2s \(--timeout\)
error: kubectl failed for 1 of 1 instance: demo
$`)
	if code != 1 || stdout != "" || !want.MatchString(stderr) {
		t.Errorf("exit code %d, printed\n%s%s", code, stdout, stderr)
	}
}

// What several clusters say alike is one line, with the names of all of them.
func TestEachSaysItOnce(t *testing.T) {
	refuses := func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/configmaps") {
			lists(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403,
			"message":"not\nerror: for \u001b[2Jyou"}`)
	}
	p := fleetOf(t, refuses, lists, refuses)
	code, stdout, stderr := p.exec(nil, "kubectl-edge", "each", "--all", "--", "get", "cm")
	const want = "demo, site01 | Error from server (Forbidden): not\ndemo, site01 | error: for \ufffd[2Jyou\n" +
		"error: kubectl failed for 2 of 3 instances: demo, site01\n"
	if code != 1 || !strings.Contains(stdout, "site00") || stderr != want {
		t.Errorf("exit code %d, printed\n%s%swant\n%s", code, stdout, stderr, want)
	}
}

// hangs is a server that never answers.
func hangs(t *testing.T) http.HandlerFunc {
	ended := make(chan struct{})
	t.Cleanup(func() { close(ended) })
	return func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-ended:
		}
	}
}

// Flags in front of kubectl's verb change nothing in how it is answered.
func TestEachFindsTheVerb(t *testing.T) {
	p := fleetOf(t, lists, lists)
	kubectl := filepath.Join(p.env.WorkDir, "bin", "kubectl")
	if err := os.WriteFile(kubectl, []byte("#!/bin/sh\necho started\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"-n shop get cm", "--namespace=shop get cm", "--namespace shop get cm"} {
		code, stdout, stderr := p.exec(nil, "sh", "-c", "kubectl-edge each --all -- "+command)
		const want = "INSTANCE   NAME\ndemo       settings\nsite00     settings\n"
		if code != 0 || stdout != want || stderr != "" {
			t.Errorf("%s: exit code %d, printed\n%swant\n%s%s", command, code, stdout, want, stderr)
		}
	}
}

// A server that only kubectl can ask is watched by kubectl, beside the others.
func TestEachWatchesWithKubectl(t *testing.T) {
	p := fleetOf(t, older)
	kubectl := "#!/bin/sh\necho \"kubectl $*\"\n"
	if err := os.WriteFile(filepath.Join(p.env.WorkDir, "bin", "kubectl"), []byte(kubectl), 0o700); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := p.exec(nil, "kubectl-edge", "each", "demo", "--", "get", "cm", "--watch")
	want := "demo | kubectl get --context=edge_eu01_demo-3714d85 cm --watch\n"
	if code != 0 || stdout != want || stderr != "" {
		t.Errorf("exit code %d, printed\n%swant\n%s%s", code, stdout, want, stderr)
	}
}

// What kubectl prints as JSON or YAML while it watches is one document after the other, too.
func TestEachWatchesDocumentsWithKubectl(t *testing.T) {
	p := fleetOf(t, older, older)
	kubectl := filepath.Join(p.env.WorkDir, "bin", "kubectl")
	const prints = `#!/bin/sh
case "$*" in *"-o json"*|*o=json*|*--output=json*) ;; *) echo "asked for $*" >&2; exit 1;; esac
printf '{"kind":"ConfigMap","apiVersion":"v1",\n  "meta'
printf 'data":{"name":"a","annotations":{"x":"y"}}}\n{"kind":"List","apiVersion":"v1","items":['
echo '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"b"}}]}'
`
	if err := os.WriteFile(kubectl, []byte(prints), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{
		"get cm -w -o json", "get cm -w -o yaml", "-o yaml get cm --watch", "events -wo=json",
		"events -Aw -o json", "get cm -w --output-watch-events -oyaml", "events --watch --output yaml",
	} {
		code, stdout, stderr := p.exec(nil, "sh", "-c", "kubectl-edge each --all -- "+command)
		if code != 0 || stderr != "" {
			t.Errorf("%s: exit code %d: %s", command, code, stderr)
		}
		var got []string
		decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(stdout), 1<<10)
		for {
			var o unstructured.Unstructured
			if err := decoder.Decode(&o.Object); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v in\n%s", command, err, stdout)
			}
			got = append(got, o.GetName()+" "+o.GetAnnotations()["kubectl-edge/instance"])
		}
		slices.Sort(got)
		if want := []string{"a demo", "a site00", "b demo", "b site00"}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q, in\n%s", command, got, want, stdout)
		}
	}

	if err := os.WriteFile(kubectl, []byte("#!/bin/sh\necho '{}'; echo 'a word'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := p.exec(nil, "kubectl-edge", "each", "demo", "--", "get", "cm", "-w", "-o", "json")
	const says = "demo | a word\nerror: kubectl failed for 1 of 1 instance: demo: what kubectl printed is not JSON\n"
	if code != 1 || stdout != "{\n    \"instance\": \"demo\"\n}\n" || stderr != says {
		t.Errorf("exit code %d, printed\n%s%swant\n%s", code, stdout, stderr, says)
	}
}

// What is not a Kubernetes API has one line, and no kubectl is started for it.
func TestEachOfOtherServers(t *testing.T) {
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<html>Please sign in</html>")
	}
	p := fleetOf(t, lists, page, func(http.ResponseWriter, *http.Request) {})
	kubectl := `#!/bin/sh
test "$*" = "version --client --output=json" && echo '{"clientVersion":{"gitVersion":"v1.36.3"}}' || echo no
`
	if err := os.WriteFile(filepath.Join(p.env.WorkDir, "bin", "kubectl"), []byte(kubectl), 0o700); err != nil {
		t.Fatal(err)
	}
	for command, answer := range map[string]string{"get cm": "settings", "api-resources": "ConfigMap",
		"auth whoami": "ada", "version": "v1.36.3"} {
		code, stdout, stderr := p.exec(nil, "sh", "-c", "kubectl-edge each --all -- "+command)
		want := regexp.MustCompile(
			`^site00 \| error: what answers at \S+ is not a Kubernetes API: it sent text/html\n` +
				`site01 \| error: what answers at \S+ is not a Kubernetes API: it sent nothing\n` +
				`error: kubectl failed for 2 of 3 instances: site00, site01\n$`)
		if code != 1 || !want.MatchString(stderr) || !strings.Contains(stdout, answer) ||
			strings.Contains(stdout, "no\n") {
			t.Errorf("%s: exit code %d, printed\n%s%s", command, code, stdout, stderr)
		}
	}
}

// One Secret that Argo CD's cluster refuses does not keep the others from it, and is named at the end.
func TestArgoCDAppliesTheRest(t *testing.T) {
	p := fleetOwner(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/edge-eu01-demo-3714d85") {
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Conflict","code":409}`)
			return
		}
		fmt.Fprint(w, `{"kind":"Secret","apiVersion":"v1"}`)
	}))
	t.Cleanup(server.Close)
	argo := filepath.Join(p.env.WorkDir, "argo.yaml")
	config := api.NewConfig()
	config.Clusters["argo"] = &api.Cluster{Server: server.URL}
	config.AuthInfos["argo"] = &api.AuthInfo{}
	config.Contexts["argo"] = &api.Context{Cluster: "argo", AuthInfo: "argo"}
	if err := clientcmd.WriteToFile(*config, argo); err != nil {
		t.Fatal(err)
	}
	apply := func(names ...string) (int, string) {
		code, stdout, stderr := p.exec(nil, append([]string{"kubectl-edge", "argocd", "cluster-secret", "--no-wait",
			"--service-account-email", "argocd@sa.stackit.cloud", "--apply", "--context", "argo", "--kubeconfig",
			argo}, names...)...)
		if stdout != "" {
			t.Errorf("printed %q", stdout)
		}
		return code, stderr
	}
	const refused = "error: apply Secret argocd/edge-eu01-demo-3714d85: "
	const force = "hint: add --force-conflicts to take these fields over\n"
	code, stderr := apply("demo", "site00", "site01", "plant")
	for _, want := range []string{refused, force,
		"Applied Secret argocd/edge-eu01-site00-3714d85 for instance site00-3714d85.\n",
		"Applied Secret argocd/edge-eu01-site01-3714d85 for instance site01-3714d85.\n",
		"\nerror: 1 of 4 Secrets not written: plant-3714d85; 1 of 3 Secrets not applied: edge-eu01-demo-3714d85\n"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("there is no %q in\n%s", want, stderr)
		}
	}
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	code, stderr = apply("demo")
	if code != 1 || !strings.HasPrefix(stderr, refused) || !strings.HasSuffix(stderr, force) ||
		strings.Count(stderr, "error: ") != 1 {
		t.Errorf("exit code %d:\n%s", code, stderr)
	}
}
