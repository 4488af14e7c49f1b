package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin/plugintest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
	"github.com/kubectl-edge/kubectl-edge/plugins/credential"
	"github.com/kubectl-edge/kubectl-edge/plugins/edge"
)

var update = flag.Bool("update", false, "update the scripts' expected output")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"kubectl-edge": scripted,
		"kubectl_complete-edge": func() {
			plugin.CompletionTime = time.Minute
			scripted()
		},
		"to-full-disk": plugintest.FullDisk, "to-nobody": plugintest.Nobody,
		"xdg-open": xdgOpen,
		"kubectl-edge_credential": func() { // as in cmd/kubectl-edge_credential, whose own tests run the real one
			os.Exit(credential.Run(credential.Process{
				Args: os.Args, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv,
				Now:   scripttest.Clock(os.Getenv, time.Now),
				Build: func() buildinfo.Info { return buildinfo.Of(version, commit, date) },
			}))
		},
	})
}

// scripted is main with the clock of the scripts.
func scripted() {
	os.Exit(plugin.Main(func(p plugin.Process) plugin.Tree {
		p.Now = scripttest.Clock(p.Getenv, p.Now)
		return edge.Tree(p)
	}, buildinfo.Of(version, commit, date)))
}

// TestScripts runs each script with a sandbox of its own, which has no cluster.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, ownSandbox("api"))
}

// TestHelper runs the scripts about the helper and kubectl-edge together, in trouble, with a sandbox each.
func TestHelper(t *testing.T) {
	t.Parallel()
	testscript.Run(t, ownSandbox("helper"))
}

// TestMachineScripts runs the scripts of what programs other than kubectl use.
func TestMachineScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, ownSandbox("machines"))
}

// TestFleet runs the scripts about many instances, and about kubeconfigs that were not ours, with a sandbox each.
func TestFleet(t *testing.T) {
	t.Parallel()
	p := ownSandbox("fleet")
	p.ContinueOnError = true
	testscript.Run(t, p)
}

// ownSandbox has each script below a folder run with a sandbox of its own.
func ownSandbox(folder string) testscript.Params {
	return scripttest.Params(filepath.Join("testdata", folder), *update, func(e *testscript.Env) error {
		return scripttest.Start(e.T().(testing.TB)).SetUp(e)
	})
}
