package main

import (
	"flag"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin/plugintest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/stackstate"
)

var update = flag.Bool("update", false, "update the scripts' expected output")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kubectl-sts": main, "to-full-disk": plugintest.FullDisk,
		"to-nobody": plugintest.Nobody})
}

// TestScripts runs each script with a StackState of its own.
func TestScripts(t *testing.T) {
	// Under nohup hang-ups are ignored, and so they would be in the programs of the scripts, which wait for one. What a
	// process handles, its children begin with as the default.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hangups) })
	testscript.Run(t, scripttest.Params(filepath.Join("testdata", "api"), *update, func(e *testscript.Env) error {
		return setUp(e, stackstate.Options{})
	}))
}

// setUp makes the machine of a person, and their StackState.
func setUp(e *testscript.Env, o stackstate.Options) error {
	requests := scripttest.NewRequests()
	server, err := scripttest.NewStackState(o, requests)
	if err != nil {
		return err
	}
	return (&scripttest.World{StackState: server, Requests: requests}).SetUpStackState(e)
}
