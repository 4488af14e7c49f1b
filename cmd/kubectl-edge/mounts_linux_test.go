//go:build system

package main

import (
	"os"
	"os/exec"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMounts runs the scripts that mount file systems, each in a mount namespace of its own.
func TestMounts(t *testing.T) {
	t.Parallel()
	namespace := []string{"--mount"}
	if os.Geteuid() != 0 {
		namespace = append(namespace, "--map-root-user")
	}
	if out, err := exec.Command("unshare", append(namespace, "true")...).CombinedOutput(); err != nil {
		t.Fatalf("this test mounts file systems in a namespace of its own, which takes root "+
			"or a system that lets users make such: %v: %s", err, out)
	}
	testscript.Run(t, ownSandbox("linux"))
}
