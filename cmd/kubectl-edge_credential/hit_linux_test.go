//go:build system

package main

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
)

// TestHit runs the scripts that look at what a hit asks of the system.
func TestHit(t *testing.T) {
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	testscript.Run(t, scripttest.Params(filepath.Join("testdata", "linux"), *update, setUp(bin)))
}
