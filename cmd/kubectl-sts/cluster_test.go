//go:build system

package main

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/stackstate"
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
	testscript.Run(t, scripttest.Params(filepath.Join("testdata", "cluster"), *update, func(e *testscript.Env) error {
		scripttest.AddToPath(e, clustertest.Servers(t))
		if err := setUp(e, stackstate.Options{TokenReview: tokenreview.New(client)}); err != nil {
			return err
		}
		e.Setenv("KUBECONFIG", running.Kubeconfig)
		return nil
	}))
}
