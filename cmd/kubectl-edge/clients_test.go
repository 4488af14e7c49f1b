//go:build system

package main

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
)

// TestClients has Helm, the JavaScript client and Argo CD's cluster type talk to a real Kubernetes API with our
// kubeconfig.
func TestClients(t *testing.T) {
	t.Parallel()
	programs := scripttest.Clients(t)
	requests := scripttest.NewRequests()
	running := clustertest.Start(t, requests.Observe)
	testscript.Run(t, scripttest.Params(filepath.Join("testdata", "clients"), *update, func(e *testscript.Env) error {
		scripttest.AddToPath(e, clustertest.Servers(t))
		scripttest.AddToPath(e, programs)
		e.Setenv("CLIENTS", programs)
		return (&scripttest.World{Sandbox: running.Sandbox, Requests: requests}).SetUp(e)
	}))
}
