//go:build system

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
)

// TestMounts runs the scripts that mount file systems, each in a mount namespace of its own.
func TestMounts(t *testing.T) {
	namespace := []string{"--mount"}
	if os.Geteuid() != 0 {
		namespace = append(namespace, "--map-root-user")
	}
	if out, err := exec.Command("unshare", append(namespace, "true")...).CombinedOutput(); err != nil {
		t.Fatalf("this test mounts file systems in a namespace of its own, which takes root or a system that lets users make such: %v: %s", err, out)
	}
	testscript.Run(t, params(filepath.Join("testdata", "linux"), func(e *testscript.Env) error {
		requests := &requestLog{}
		s, srv := sandboxtest.Start(e.T().(testing.TB), func(o *sandbox.Options) { o.OnRequest = requests.record })
		return setUp(e, &world{sandbox: s, server: srv, requests: requests})
	}))
}
