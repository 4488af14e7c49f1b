//go:build system

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
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

// TestClients has Helm, the JavaScript client and Argo CD's cluster type talk to a real Kubernetes API with a kubeconfig of
// ours.
func TestClients(t *testing.T) {
	programs := clients(t)
	requests := &requestLog{}
	running := clustertest.Start(t, func(o *sandbox.Options) { o.OnRequest = requests.record })
	testscript.Run(t, params(filepath.Join("testdata", "clients"), func(e *testscript.Env) error {
		path := []string{programs, clustertest.Servers(t), e.Getenv("PATH")}
		e.Setenv("PATH", strings.Join(path, string(os.PathListSeparator)))
		e.Setenv("CLIENTS", programs)
		return setUp(e, &world{sandbox: running.Sandbox, requests: requests})
	}))
}
