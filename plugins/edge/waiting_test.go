//go:build unix

package edge

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin/plugintest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// TestMain lets the tests be the process that uses an edge cluster's administrator.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && slices.Contains([]string{workCommand, talosWorkCommand}, os.Args[1]) {
		os.Exit(plugin.Main(Tree, buildinfo.Of("test", "", "")))
	}
	os.Exit(m.Run())
}

// Where nobody answers: the API, the identity provider or the API server of an instance, before the first byte or
// within the answer: each command says so at a terminal, and Ctrl-C ends it. Commands to come are walked, too.
func TestEveryCommandSaysWhatItWaitsFor(t *testing.T) {
	const kubernetes = "/kubernetes"
	server := &plugintest.Slow{}
	a, s, key := newLoggedIn(t, func(next http.Handler) http.Handler {
		server.Next = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, kubernetes) {
				http.NotFound(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
		return server
	})
	s.Host(sandbox.Hosting{
		Open:  func(string, string, bool) (string, error) { return s.URL() + kubernetes, nil },
		Close: func(string) {},
	})
	home := asTheirs(t, a)
	config := strings.NewReplacer("PROJECT", sandbox.ProjectID, "INSTANCE", sandbox.InstanceID, "SERVER",
		s.URL()+kubernetes).Replace(`
clusters:
- name: edge
  cluster: {server: SERVER, insecure-skip-tls-verify: true}
contexts:
- name: edge
  context: {cluster: edge, user: edge}
- name: old
  context: {cluster: edge, user: old}
users:
- name: edge
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: kubectl-edge_credential
      args: [--project-id=PROJECT, --region=eu01, --instance-id=INSTANCE]
      interactiveMode: Never
- name: old
  user: {token: TOKEN}
current-context: edge
`)
	const helper = `#!/bin/sh
echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "x"}}'
`
	old, err := s.IssueInstanceToken(sandbox.InstanceID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(home, "config")
	files := map[string]string{
		path: strings.ReplaceAll(config, "TOKEN", old),
		filepath.Join(home, "kubectl-edge_credential"): helper, filepath.Join(home, "talosctl"): "#!/bin/sh\n",
	}
	t.Setenv("KUBECONFIG", path)
	t.Setenv("PATH", home+string(os.PathListSeparator)+os.Getenv("PATH"))
	a.Getenv, a.Environ = os.Getenv, os.Environ
	later := a.Process // by when the session has to be renewed
	later.Now = func() time.Time { return time.Now().Add(20 * time.Minute) }
	walk := plugintest.Waits{
		Server: server, Grow: Tree,
		Values: map[string]string{
			"": sandbox.InstanceID, "instance-id": sandbox.InstanceID, "service-account-key": key,
		},
		Calls: map[string][]string{
			"argocd cluster-secret": {"--instance-id=" + sandbox.InstanceID,
				"--service-account-email=" + sandbox.AdminServiceAccount},
			"cluster describe":   {sandbox.InstanceID + "/berlin"},
			"each":               {"--all", "--", "get", "--raw", "/"},
			"instance create":    {"--name=another", "--plan-id=" + sandbox.ProjectID, "--yes"},
			"instance update":    {"--instance-id=" + sandbox.InstanceID, "--description=other", "--yes"},
			"instance delete":    {sandbox.InstanceID, "--yes"},
			"kubeconfig audit":   {"--identify"},
			"kubeconfig convert": {"--all"},
			"talos":              {"--instance-id=" + sandbox.InstanceID, "--cluster=berlin", "--", "version"},
			"use":                {sandbox.InstanceID, "--kubeconfig=" + filepath.Join(home, "another")},
			"ui":                 {"--print", sandbox.InstanceID},
		},
		Skipped: map[string]string{
			"install":           "it changes the person's own folders",
			"kubeconfig remove": "later commands need the contexts",
			"logout":            "later commands need the session",
			"credential":        "it takes on the environment of the program that called",
		},
		Keeps: map[string]string{"doctor": "the checks that are known, and which were not tried"},
	}
	atInstance := func(path string) bool { return strings.HasPrefix(path, kubernetes) }
	asking, quiet := map[string]bool{}, map[string]bool{}
	for _, c := range []struct {
		name    string
		process Process
		wait    plugintest.Wait
	}{
		{"no answer", a.Process, plugintest.Wait{}},
		{"half an answer", a.Process, plugintest.Wait{Half: true}},
		{"no answer to a renewal", later, plugintest.Wait{}},
		{"no answer of the instance", a.Process, plugintest.Wait{Holds: atInstance,
			Skipped: map[string]string{
				"instance create": "STACKIT answers, and nobody waits for the instance",
				"instance update": "the same",
				"instance delete": "STACKIT answers, and later commands need the instance",
			}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, text := range files {
				if err := os.WriteFile(name, []byte(text), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			some, others := walk.Walk(t, c.process, c.wait)
			for _, words := range some {
				asking[words] = true
			}
			for _, words := range others {
				quiet[words] = true
			}
			t.Logf("%d commands ask: %s", len(some), strings.Join(some, ", "))
		})
	}
	maps.DeleteFunc(quiet, func(words string, _ bool) bool { return asking[words] })
	// A command that comes to be and asks somebody may need arguments of its own, in walk.Calls, to do so.
	want := "cache clean, cache list, cache path, cluster-work, completion bash, completion fish, completion " +
		"install, completion powershell, completion uninstall, completion zsh, completion-list, config " +
		"get, config rotate-key, config set, config trust, kubeconfig audit, kuberc allow, profile " +
		"create, profile delete, profile list, profile use, status, talos-work, version, whoami"
	if got := strings.Join(slices.Sorted(maps.Keys(quiet)), ", "); got != want {
		t.Errorf("these ask nobody:\n%s\nwant\n%s", got, want)
	}
}
