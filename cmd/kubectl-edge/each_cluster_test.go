//go:build system

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
)

// fleetObjects are in two namespaces, so that two contexts of one server see different things.
const fleetObjects = `
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: default, labels: {app: web, tier: front}}
data: {a: "1"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: another, namespace: default, labels: {app: db}}
data: {a: "1", b: "2", c: "3"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop, labels: {app: web}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: default, namespace: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  automountServiceAccountToken: false
  containers: [{name: web, image: registry.example/web:1}, {name: side, image: registry.example/side:2}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80}], selector: {app: web}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: registry.example/web:1}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: default}
spec:
  schedule: "0 3 * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: registry.example/a}]}}}}
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: big, namespace: default}
spec: {leaseDurationSeconds: 1234567890, holderIdentity: "with space"}
`

// fleetCommands are what is asked of all contexts: by this program in one process, and by kubectl for each.
var fleetCommands = []string{
	// types, in all spellings
	"get configmaps", "get cm", "get configmap", "get ConfigMap", "get configmaps.v1.", "get deploy",
	"get deploy.apps",
	"get deployments.v1.apps", "get deployment.v1.apps", "get deploy.app", "get edgehosts", "get edgehost",
	"get edgehosts.edge.stackit.cloud", "get edgeclusters.v1alpha1.edge.stackit.cloud -A", "get crd",
	"get clusterroles", "get ns", "get namespaces default kube-system", "get leases", "get cronjobs,leases",
	"get all", "get all -A", "get cm,svc,deploy -A", "get svc,cm", "get events",
	"get apiservices", "get priorityclasses", "get flowschemas", "get csr", "get sa,secrets",
	// names
	"get cm settings", "get cm settings another", "get cm/settings", "get cm/settings svc/web", "get cm,svc web",
	"get pod/web service/web pod/web", "get pods web", "get ns/default cm/settings", "get deployment.apps/web",
	"get cm/settings cm/nope", "get cm settings nope neither --ignore-not-found", "get cm nope --ignore-not-found",
	"get cm/", "get cm/a/b", "get cm settings/x", "get pods/web/status", "get cm settings -A", "get ns default -A",
	"get cm -l app=web settings", "get cm/settings -l app=web", "get cm/settings --field-selector metadata.name=x",
	"get cm 'bad name'", "get cm ..", "get cm a%2fb",
	// selectors and namespaces
	"get cm -l app=web", "get cm -l app", "get cm -lapp!=web -A", "get cm --selector=tier",
	"get cm -l 'app in (web,db)'",
	"get cm -l '!!'", "get cm --field-selector metadata.name=settings", "get cm --field-selector spec.nope=1",
	"get pods --field-selector status.phase=Pending -A", "get cm -n shop", "get cm --namespace kube-system",
	"-n shop get cm", "--namespace=shop get cm settings -o json", "-o yaml get cm -A",
	"get cm -n nowhere", "get cm -A", "get cm --all-namespaces=true", "get ns -n shop", "get cm -A -n shop",
	// columns
	"get deploy -o wide", "get pods -owide -A", "get cm --show-labels", "get cm -L app,tier",
	"get cm -L app -L tier -A",
	"get cm --no-headers", "get cm -A --no-headers", "get all -A --no-headers", "get cm --show-kind",
	"get ns --show-kind",
	"get pods,svc --show-labels -o wide", "get leases -o wide --chunk-size 1", "get clusterroles --chunk-size=7",
	"get cm --chunk-size 0",
	// order
	"get cm -A --sort-by .metadata.name", "get cm --sort-by=metadata.namespace -A",
	"get clusterroles --sort-by .metadata.uid",
	"get clusterroles --sort-by {.kind}", "get cm --sort-by .spec.nope", "get cm -A --sort-by .metadata.name -o name",
	"get deploy -A --sort-by .spec.replicas",
	"get cm -A --sort-by .metadata.creationTimestamp -o name",
	// formats
	"get cm -o name", "get all -A -o name", "get cm settings -o name", "get deploy/web -o name", "get cm -o json",
	"get cm settings -o json", "get cm settings -o yaml", "get cm -o yaml", "get cm,svc -o yaml",
	"get pods web -o json",
	"get cm settings nope -o name", "get cm nope -o json", "get cm nope -o json --ignore-not-found",
	"get crd -o name",
	"get cm settings -o yaml --show-managed-fields", "get cm -o jsonpath={.items[*].metadata.name}",
	"get cm -o jsonpath-as-json={.items[*].metadata.name}", "get cm settings -o jsonpath={.data.a}{\"\\n\"}",
	"get cm settings -o jsonpath={.nope}", "get cm -o 'jsonpath={range .items[*]}{.metadata.name}{\"\\n\"}{end}'",
	"get cm settings -o go-template={{.metadata.name}}", "get cm --template '{{len .items}}'",
	"get cm -o go-template '--template={{range .items}}{{.metadata.name}}{{\"\\n\"}}{{end}}'",
	"get cm settings -o jsonpath={.a.b} --allow-missing-template-keys=false",
	"get cm -o custom-columns=NAME:.metadata.name,Data:.data,NOPE:.spec.x",
	"get cm -o custom-columns=N:metadata.name -A",
	"get pods -A -o custom-columns=NAME:.metadata.name,IMAGES:.spec.containers[*].image --no-headers",
	"get endpoints", "get endpoints -o name",
	"get leases -o custom-columns=D:.spec.leaseDurationSeconds,H:.spec.holderIdentity",
	"get secrets -o custom-columns=A:.x",
	// what is not there
	"get nonsense", "get cm,nonsense", "get nonsense/x",
	"get pods -l a=b -n nowhere", "get cm settings -n nowhere", "get nodes nope", "get nodes",
	// other commands
	"get --raw /version", "get --raw=/api/v1/namespaces/shop/configmaps/settings", "get --raw /nope",
	"get --raw /healthz",
	"auth whoami", "auth whoami -o json", "auth whoami -o yaml", "auth whoami -o jsonpath={.status.userInfo.groups}",
	"api-resources", "api-resources -o wide", "api-resources -o name",
	"api-resources --namespaced=false --no-headers",
	"api-resources --api-group apps", "api-resources --api-group= --verbs=list,get --sort-by=kind",
	"api-resources --categories all --sort-by name", "api-resources --cached --api-group edge.stackit.cloud -o wide",
	"wait cm/settings --for jsonpath={.data.a}=1 --timeout 10s",
	"wait cm/settings --for=jsonpath={.data.a} --timeout=5s",
	"wait cm/settings --for=jsonpath={.data.a}=2 --timeout=1s", "wait cm/nope --for=delete",
	"wait cm --all --for=jsonpath={.metadata.name}",
	"wait deploy/web --for=condition=Available --timeout=1s", "wait cm -l app=nope --for=condition=x",
	"wait cm/nope --for condition=Ready",
	"wait ns/default --for=jsonpath={.status.phase}=Active",
	"wait edgehosts --all -n default --for=condition=Nope --timeout=1s",
}

// fleetWithKubectl are those that need kubectl, to say what it is or what it cannot do.
var fleetWithKubectl = []string{
	"get nonsense.apps", "get nonsense.v1.apps", "get deploy.nope", "get cm,svc --sort-by .metadata.name",
	"get cm settings another --sort-by .metadata.name", "get cm --sort-by '{.a'",
	"get clusterroles --sort-by .metadata.labels -o name", "version", "version -o json", "version --output=yaml",
}

// TestEachIsKubectl compares what kubectl edge each prints with what kubectl prints for each context, cell by cell: two
// contexts with namespaces of their own, and one of a person who may do little.
func TestEachIsKubectl(t *testing.T) {
	t.Parallel()
	running := clustertest.Start(t)
	env := &testscript.Env{WorkDir: t.TempDir(), Values: map[any]any{}, Vars: []string{
		"PATH=" + clustertest.Servers(t) + string(os.PathListSeparator) + os.Getenv("PATH"),
	}}
	w := &scripttest.World{Sandbox: running.Sandbox, Requests: scripttest.NewRequests()}
	if err := w.SetUp(env); err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, sandbox: running.Sandbox, client: sandboxtest.Client(t, running.Sandbox), env: env}
	p.must([]byte(fleetObjects), "kubectl", "--kubeconfig", running.Kubeconfig, "apply", "-f", "-")
	p.must(nil, "kubectl-edge", "login", "--service-account-key", "admin.json")
	p.must(nil, "kubectl-edge", "config", "set", "project-id", sandbox.ProjectID)
	f := &fleetTest{person: p, contexts: []string{"all", "few", "shop"}}
	for _, name := range f.contexts {
		// Tokens that outlive the test: whoami says which one it was.
		p.must(nil, "kubectl-edge", "kubeconfig", "create", "--name", "demo", "--context-name", name,
			"--expiration", "2h")
	}
	p.must(nil, "kubectl", "config", "set-context", "shop", "--namespace", "shop")
	config, err := clientcmd.LoadFromFile(env.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	config.AuthInfos["few"].Impersonate = "jane" // who may do nothing but look at the API itself
	if err := clientcmd.WriteToFile(*config, env.Getenv("KUBECONFIG")); err != nil {
		t.Fatal(err)
	}
	for _, command := range fleetCommands {
		t.Run(command, func(t *testing.T) { f.compare(t, split(t, command), f.withoutKubectl()) })
	}
	for _, command := range fleetWithKubectl {
		t.Run(command, func(t *testing.T) { f.compare(t, split(t, command), nil) })
	}
}

// split takes quotes off words, as a shell does.
func split(t *testing.T, command string) []string {
	t.Helper()
	var words []string
	for _, quoted := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(command, -1) {
		words = append(words, strings.Trim(quoted, "'"))
	}
	return words
}

type fleetTest struct {
	*person
	contexts []string
}

// withoutKubectl is a PATH on which there is no kubectl to be started.
func (f *fleetTest) withoutKubectl() []string {
	dirs := slices.DeleteFunc(filepath.SplitList(f.env.Getenv("PATH")), func(dir string) bool {
		_, err := os.Stat(filepath.Join(dir, "kubectl"))
		return err == nil
	})
	return []string{"PATH=" + strings.Join(dirs, string(os.PathListSeparator))}
}

// printed is what a command printed for one context.
type printed struct {
	lines  []string // words of each line of standard output
	errors []string
	code   int
}

// runs runs a program in the person's environment, with more variables.
func (f *fleetTest) runs(name string, args []string, env ...string) (code int, stdout, stderr string) {
	f.t.Helper()
	cmd := f.command(name, args...)
	cmd.Env = append(slices.Clone(cmd.Env), env...)
	var out, errOut strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		f.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errOut.String()
}

func (f *fleetTest) compare(t *testing.T, command, env []string) {
	want, code := map[string]printed{}, 0
	for _, context := range f.contexts {
		at := 1
		if strings.HasPrefix(command[0], "-") {
			at = 0
		}
		exit, stdout, stderr := f.runs("kubectl", slices.Concat(command[:at], []string{"--context=" + context},
			command[at:]))
		code = max(code, exit)
		lines := linesOf(stdout)
		switch {
		case asDocuments(command):
			lines = objectsOf(t, stdout)
		case command[0] == "version":
			lines = []string{"SERVER-VERSION CLIENT-VERSION", valueOf(lines, "Server") + " " + valueOf(lines, "Client")}
		}
		want[context] = printed{lines, kubectlErrors(stderr), exit}
	}
	each := slices.Concat([]string{"each", "--context", "*", "--"}, command)
	exit, stdout, stderr := f.runs("kubectl-edge", each, env...)
	if exit != code {
		t.Errorf("exit code %d, kubectl has %d", exit, code)
	}
	documents := asDocuments(command)
	shown := stdout
	if documents {
		shown = ""
	}
	got := f.separate(t, shown, stderr, command, want)
	if documents {
		for context, one := range f.documents(t, stdout) {
			g := got[context]
			g.lines = one
			got[context] = g
		}
	}
	for _, context := range f.contexts {
		w, g := want[context], got[context]
		if diff := cmp.Diff(w.lines, g.lines); diff != "" {
			t.Errorf("context %s: -kubectl +each\n%s\nall of it:\n%s", context, diff, stdout)
		}
		if len(w.errors) > 0 && strings.HasPrefix(w.errors[0], "No resources found") && len(g.errors) == 0 &&
			strings.TrimSpace(stdout) != "" {
			continue // the table has the others' rows
		}
		if diff := cmp.Diff(w.errors, g.errors); diff != "" {
			t.Errorf("context %s, standard error: -kubectl +each\n%s\nall of it:\n%s", context, diff, stderr)
		}
	}
}

// age is how old something is, which differs from one moment to the next.
var age = regexp.MustCompile(`^(\d+[smhdy])+$`)

// clock is the time of a review.
var clock = regexp.MustCompile(`^"20\d\d-\d\d-\d\dT`)

// linesOf are the lines of an output without what only aligns them.
func linesOf(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		for i, word := range words {
			if age.MatchString(word) || clock.MatchString(word) {
				words[i] = "AGE"
			}
		}
		lines = append(lines, strings.Join(words, " "))
	}
	return lines
}

// ofLog is how a line of kubectl's log begins.
var ofLog = regexp.MustCompile(`^[EWIF]\d{4} `)

// kubectlErrors are the lines that kubectl prints on standard error, without its log.
func kubectlErrors(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if !ofLog.MatchString(line) && line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// separate takes apart what was merged.
func (f *fleetTest) separate(t *testing.T, stdout, stderr string, command []string,
	want map[string]printed) map[string]printed {
	t.Helper()
	all := map[string]printed{}
	if labelled := regexp.MustCompile(`^\w+ +\| `); labelled.MatchString(stdout) {
		for _, context := range f.contexts {
			text := ""
			for line := range strings.Lines(stdout) {
				if name, rest, ok := strings.Cut(line, "| "); ok && strings.TrimSpace(name) == context {
					text += rest
				}
			}
			all[context] = printed{lines: linesOf(text)}
		}
	} else {
		for _, context := range f.contexts {
			all[context] = printed{lines: f.rows(t, stdout, context, slices.Contains(command, "--no-headers"),
				strings.Contains(strings.Join(command, " "), "custom-columns"))}
		}
	}
	for line := range strings.Lines(stderr) {
		line = strings.TrimRight(line, "\n")
		name, rest, labelled := strings.Cut(line, "| ")
		for _, context := range f.contexts {
			one := all[context]
			switch {
			case strings.HasPrefix(line, "error: kubectl failed for"), ofLog.MatchString(rest):
			case labelled && slices.Contains(strings.Split(strings.TrimSpace(name), ", "), context):
				one.errors = append(one.errors, rest)
			case !labelled && want[context].code == 0: // the same of all that answered
				one.errors = append(one.errors, line)
			}
			all[context] = one
		}
	}
	return all
}

// rows are those of one context in a merged table, with the header of each part that it has a row in.
func (f *fleetTest) rows(t *testing.T, stdout, context string, noHeaders, always bool) []string {
	t.Helper()
	var lines []string
	for i, part := range strings.Split(stdout, "\n\n") {
		rows := linesOf(part)
		if len(rows) == 0 {
			continue
		}
		var own []string
		for j, row := range rows {
			first, rest, _ := strings.Cut(row, " ")
			switch {
			case j == 0 && !noHeaders && i >= 0:
				if first != "INSTANCE" {
					t.Fatalf("the table begins with %q:\n%s", first, stdout)
				}
				own = append(own, rest)
			case first == context:
				own = append(own, rest)
			}
		}
		if len(own) > 1 || noHeaders && len(own) > 0 || always {
			if len(lines) > 0 {
				lines = append(lines, "")
			}
			lines = append(lines, own...)
		}
	}
	return lines
}
