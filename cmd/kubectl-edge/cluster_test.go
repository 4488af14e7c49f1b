//go:build system

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
)

// TestCluster runs the scripts one after the other, with one sandbox and its real Kubernetes API for all, and a real
// kubectl.
func TestCluster(t *testing.T) {
	requests := &requestLog{}
	running := clustertest.Start(t, func(o *sandbox.Options) { o.OnRequest = requests.record })
	scripts, err := filepath.Glob(filepath.Join("testdata", "cluster", "*.txtar"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("scripts: %v, %v", scripts, err)
	}
	for _, script := range scripts {
		p := params("", func(e *testscript.Env) error {
			running.Sandbox.ResetStats()
			e.Setenv("PATH", clustertest.Servers(t)+string(os.PathListSeparator)+e.Getenv("PATH"))
			e.Setenv("SERVER", running.Cluster.URL())
			return setUp(e, &world{sandbox: running.Sandbox, requests: requests})
		})
		p.Files = []string{script}
		t.Run("script", func(t *testing.T) { testscript.Run(t, p) }) // returns when its parallel tests are done
	}
}
