package main

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
)

// TestMounts runs the scripts that mount file systems, each in a mount namespace of its own.
func TestMounts(t *testing.T) {
	testscript.Run(t, params(filepath.Join("testdata", "linux"), func(e *testscript.Env) error {
		requests := &requestLog{}
		s, srv := sandboxtest.Start(e.T().(testing.TB), func(o *sandbox.Options) { o.OnRequest = requests.record })
		return setUp(e, &world{sandbox: s, server: srv, requests: requests})
	}))
}
