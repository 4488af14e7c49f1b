//go:build system

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	sandbox "github.com/kubectl-edge/kubectl-edge/pkg/sandbox/stackstate"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/stackstate/tokenreview"
)

// TestCluster runs the scripts about Kubernetes service accounts with a StackState that asks a real API server about
// tokens, and a real kubectl.
func TestCluster(t *testing.T) {
	running := clustertest.Start(t)
	client, err := kubernetes.NewForConfig(running.Cluster.Admin())
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "cluster"), Cmds: commands(), RequireExplicitExec: true, RequireUniqueNames: true, UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", clustertest.Servers(t)+string(os.PathListSeparator)+e.Getenv("PATH"))
			if err := setUp(e, sandbox.Options{TokenReview: tokenreview.New(client)}); err != nil {
				return err
			}
			e.Setenv("KUBECONFIG", running.Kubeconfig)
			return nil
		},
	})
}
