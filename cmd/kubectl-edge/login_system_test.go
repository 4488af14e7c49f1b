//go:build system

package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestLoginSystem runs the scripts about logging in that take the real STACKIT CLI or a keyring.
func TestLoginSystem(t *testing.T) {
	testscript.Run(t, loginParams("login_system", stackitCLI(t)))
}

// stackitCLI returns the folder with the STACKIT CLI: $EDGE_STACKIT_CLI, or what hack/stackit-cli.sh has built from source,
// or builds now.
func stackitCLI(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("EDGE_STACKIT_CLI"); dir != "" {
		return dir
	}
	build := exec.Command("../../hack/stackit-cli.sh")
	build.Stderr = os.Stderr // progress
	dir, err := build.Output()
	if err != nil {
		t.Fatalf("build the STACKIT CLI: %v", err)
	}
	return strings.TrimSpace(string(dir))
}
