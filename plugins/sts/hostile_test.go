package sts

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/adrg/xdg"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin/plugintest"
)

// Whatever a server answers and a configuration of somebody else holds, no command lets it control the terminal or
// write a line that could be taken for our own. Commands to come are walked, too.
func TestNothingControlsTheTerminal(t *testing.T) {
	p := newPerson(t)
	server := &plugintest.Server{Next: p.faults}
	before := httptest.NewServer(server)
	t.Cleanup(before.Close)
	getenv := p.app.Getenv
	p.app.Getenv = func(name string) string {
		if name == "STS_CLI_URL" {
			return before.URL
		}
		return getenv(name)
	}
	p.app.Environ = os.Environ
	for range 2 {
		if out, err := p.do(t.Context(), "service-token", "create", "--name", "x"+plugintest.Evil, "--roles",
			"r"+plugintest.Evil, "--dedicated-subject", "s"+plugintest.Evil, "--ttl", "1h"); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	home := t.TempDir()
	for _, variable := range []string{"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"} {
		t.Setenv(variable, filepath.Join(home, variable))
	}
	t.Setenv("HOME", home)
	xdg.Reload()
	t.Cleanup(xdg.Reload)
	path := filepath.Join(home, "XDG_CONFIG_HOME", "kubectl-sts", "config.yaml")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	config := strings.NewReplacer("ODD", plugintest.EvilYAML, "URL", before.URL).Replace(`
contexts:
- name: "cODD"
  context: {url: "URL", roles: ["rODD"]}
- name: "dODD"
  context: {url: "https://xODD", k8s-sa-token-path: "pODD"}
current-context: "cODD"
`)
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	plugintest.Walk(t, server, p.app.Process, Tree, map[string]string{
		"": "c" + plugintest.Evil, "name": "c" + plugintest.Evil,
	}, map[string]string{"context delete": "later commands need the context"})
}
