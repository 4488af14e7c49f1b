package edge

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/adrg/xdg"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin/plugintest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// asTheirs has the environment lead to the folders of a, as for a process that a person starts, and returns their home.
func asTheirs(t *testing.T, a *app) (home string) {
	t.Helper()
	home = t.TempDir()
	for variable, folder := range map[string]string{"XDG_CONFIG_HOME": a.dirs.Config, "XDG_STATE_HOME": a.dirs.State,
		"XDG_CACHE_HOME": a.dirs.Cache} {
		t.Setenv(variable, filepath.Join(home, variable))
		if err := os.MkdirAll(filepath.Join(home, variable), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(folder, filepath.Join(home, variable, programName)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	xdg.Reload()
	t.Cleanup(xdg.Reload)
	t.Setenv("HOME", home)
	return home
}

// Whatever a server answers and a kubeconfig of somebody else holds, no command lets it control the terminal or write a
// line that could be taken for our own. Commands to come are walked, too.
func TestNothingControlsTheTerminal(t *testing.T) {
	server := &plugintest.Server{}
	a, _, _ := newLoggedIn(t, func(next http.Handler) http.Handler {
		server.Next = next
		return server
	})
	home := asTheirs(t, a)
	config := strings.NewReplacer("ODD", plugintest.EvilYAML, "PROJECT", sandbox.ProjectID, "INSTANCE",
		sandbox.InstanceID).Replace(`
clusters:
- name: "aODD"
  cluster: {server: "https://xODD"}
contexts:
- name: "aODD"
  context: {cluster: "aODD", user: "aODD"}
- name: edge
  context: {cluster: edge, user: "aODD"}
users:
- name: "aODD"
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: kubectl-edge_credential
      args: [--project-id=PROJECT, --region=eu01, --instance-id=INSTANCE]
      env: [{name: "XODD", value: "yODD"}]
      interactiveMode: Never
- name: "bODD"
  user: {token: "secretODD"}
current-context: "aODD"
`)
	path := filepath.Join(home, "config")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", path)
	plugintest.Walk(t, server, a.Process, Tree, map[string]string{
		"": sandbox.InstanceID, "instance-id": sandbox.InstanceID,
	}, map[string]string{
		"install": "it changes the person's own folders",
		"ui":      "it starts a browser",
		"login":   "it starts a browser",
		"logout":  "later commands need the session",
		"argocd":  "",
	})
}
