//go:build system

package main

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
)

// TestCluster runs the scripts with a real Kubernetes API and a real kubectl.
func TestCluster(t *testing.T) { inTurn(t, "cluster") }

// TestRollover runs the scripts about tokens that age, roll over and are refused, with a real Kubernetes API.
func TestRollover(t *testing.T) { inTurn(t, "rollover") }

// TestEdgeContexts runs the scripts about contexts of edge clusters, which have API servers of their own.
func TestEdgeContexts(t *testing.T) { inTurn(t, "edgecontext") }

// inTurn runs the scripts below a folder one after the other, with one sandbox and its Kubernetes API for all.
func inTurn(t *testing.T, folder string, commands ...map[string]func(*testscript.TestScript, bool, []string)) {
	t.Parallel()
	requests := scripttest.NewRequests()
	running := clustertest.Start(t, requests.Observe)
	scripts, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("scripts: %v, %v", scripts, err)
	}
	for _, script := range scripts {
		p := scripttest.Params("", *update, func(e *testscript.Env) error {
			running.Sandbox.ClearFaults()
			running.Sandbox.Configure(func(s *sandbox.Settings) { *s = sandbox.DefaultSettings() })
			scripttest.AddToPath(e, clustertest.Servers(t))
			e.Setenv("SERVER", running.Cluster.URL())
			return (&scripttest.World{Sandbox: running.Sandbox, Requests: requests}).SetUp(e)
		})
		for _, more := range commands {
			maps.Copy(p.Cmds, more)
		}
		p.Files = []string{script}
		name := strings.TrimSuffix(filepath.Base(script), ".txtar")
		t.Run(name, func(t *testing.T) { testscript.Run(t, p) }) // returns when its parallel tests are done
	}
}
