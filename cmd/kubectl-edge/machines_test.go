package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
)

// TestMachineScripts runs the scripts of what programs other than kubectl use.
func TestMachineScripts(t *testing.T) {
	p := params(filepath.Join("testdata", "machines"), func(e *testscript.Env) error {
		t := e.T().(testing.TB)
		requests := &requestLog{}
		s, srv := sandboxtest.Start(t, func(o *sandbox.Options) { o.OnRequest = requests.record })
		return setUp(e, &world{sandbox: s, server: srv, requests: requests})
	})
	p.Cmds["frontend"] = frontend
	testscript.Run(t, p)
}

// frontend ID URL sets the address that the API names as the web UI of an instance.
func frontend(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: frontend ID URL, without !")
	}
	s := ts.Value(worldKey{}).(*world).sandbox
	if !s.SetInstance(args[0], func(i *sandbox.Instance) { i.FrontendURL = args[1] }) {
		ts.Check(fmt.Errorf("no instance %s", args[0]))
	}
}
