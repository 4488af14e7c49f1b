//go:build system && linux

package main

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
)

// systemPrograms are for the scripts that take real clients.
func systemPrograms() map[string]func() {
	return map[string]func(){
		"every-service": everyService, "xdg-open": xdgOpen, "recorded": recorded, "recorded-here": recordedHere,
	}
}

// TestSystem runs the scripts that take real clients: the STACKIT CLI, OpenTofu with STACKIT's provider, kubectl.
func TestSystem(t *testing.T) {
	cli, clients := scripttest.StackitCLI(t), scripttest.Clients(t)
	testscript.Run(t, scripttest.Params(filepath.Join("testdata", "system"), *update, func(e *testscript.Env) error {
		scripttest.AddToPath(e, clustertest.Servers(t))
		scripttest.AddToPath(e, clients)
		scripttest.AddToPath(e, cli)
		e.Setenv("CLIENTS", clients)
		return (&scripttest.World{}).SetUpPerson(e)
	}))
}
