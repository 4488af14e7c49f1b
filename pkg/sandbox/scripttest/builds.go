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
	return built(t, "EDGE_STACKIT_CLI", "stackit-cli.sh")
}

// Clients returns the folder of programs other than kubectl that talk to a Kubernetes API or to STACKIT: $EDGE_CLIENTS,
// or what hack/peers.sh has built from source, or builds now. Tests call it from a folder below cmd.
func Clients(t testing.TB) string {
	t.Helper()
	return built(t, "EDGE_CLIENTS", "peers.sh", "contract")
}

// built returns the folder that a variable names, or else a script below hack.
func built(t testing.TB, variable, script string, args ...string) string {
	t.Helper()
	if dir := os.Getenv(variable); dir != "" {
		return dir
	}
	build := exec.Command(filepath.Join("..", "..", "hack", script), args...)
	build.Stderr = os.Stderr // progress
	dir, err := build.Output()
	if err != nil {
		t.Fatalf("hack/%s %s: %v", script, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(dir))
}
