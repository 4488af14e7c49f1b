//go:build system

package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
)

// TestRollover runs the scripts about tokens that age, roll over and are refused, with a real Kubernetes API.
func TestRollover(t *testing.T) {
	requests := &requestLog{}
	running := clustertest.Start(t, func(o *sandbox.Options) { o.OnRequest = requests.record })
	scripts, err := filepath.Glob(filepath.Join("testdata", "rollover", "*.txtar"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("scripts: %v, %v", scripts, err)
	}
	for _, script := range scripts {
		name := strings.TrimSuffix(filepath.Base(script), ".txtar")
		p := params("", func(e *testscript.Env) error {
			running.Sandbox.ResetStats()
			running.Sandbox.ClearFaults()
			running.Sandbox.Configure(func(s *sandbox.Settings) { *s = sandbox.DefaultSettings() })
			e.Setenv("PATH", clustertest.Servers(t)+string(os.PathListSeparator)+e.Getenv("PATH"))
			return setUp(e, &world{sandbox: running.Sandbox, requests: requests})
		})
		p.Files = []string{script}
		maps.Copy(p.Cmds, rolloverCommands())
		t.Run(name, func(t *testing.T) { testscript.Run(t, p) })
	}
}
