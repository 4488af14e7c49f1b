package scripttest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// StackitCLI returns the folder with the STACKIT CLI: $EDGE_STACKIT_CLI, or what hack/stackit-cli.sh has built from
// source, or builds now. Tests call it from a folder below cmd.
func StackitCLI(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("EDGE_STACKIT_CLI"); dir != "" {
		return dir
	}
	build := exec.Command(filepath.Join("..", "..", "hack", "stackit-cli.sh"))
	build.Stderr = os.Stderr // progress
	dir, err := build.Output()
	if err != nil {
		t.Fatalf("build the STACKIT CLI: %v", err)
	}
	return strings.TrimSpace(string(dir))
}
