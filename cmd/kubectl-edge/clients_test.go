//go:build system

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
)

// clients returns the folder of programs other than kubectl that talk to a Kubernetes API: $EDGE_CLIENTS, or what
// hack/peers.sh has built from source, or builds now.
func clients(t *testing.T) string {
	if dir := os.Getenv("EDGE_CLIENTS"); dir != "" {
		return dir
	}
	build := exec.Command(filepath.Join("..", "..", "hack", "peers.sh"), "contract")
	build.Stderr = os.Stderr // progress
	dir, err := build.Output()
	if err != nil {
		t.Fatalf("build the clients: %v", err)
	}
	return strings.TrimSpace(string(dir))
}

// TestClients has Helm, the JavaScript client and Argo CD's cluster type talk to a real Kubernetes API with our
// kubeconfig.
func TestClients(t *testing.T) {
	programs := clients(t)
	requests := scripttest.NewRequests()
	running := clustertest.Start(t, requests.Observe)
	testscript.Run(t, scripttest.Params(filepath.Join("testdata", "clients"), *update, func(e *testscript.Env) error {
		scripttest.AddToPath(e, clustertest.Servers(t))
		scripttest.AddToPath(e, programs)
		e.Setenv("CLIENTS", programs)
		return (&scripttest.World{Sandbox: running.Sandbox, Requests: requests}).SetUp(e)
	}))
}
