package scripttest

import (
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
)

// StackitCLI returns the folder with the STACKIT CLI: $EDGE_STACKIT_CLI, or what hack/stackit-cli.sh has built from
// source, or builds now.
func StackitCLI(t testing.TB) string {
	t.Helper()
	return clustertest.Built(t, "EDGE_STACKIT_CLI", "stackit-cli.sh")
}

// Clients returns the folder of programs other than kubectl that talk to a Kubernetes API or to STACKIT: $EDGE_CLIENTS,
// or what hack/peers.sh has built from source, or builds now.
func Clients(t testing.TB) string {
	t.Helper()
	return clustertest.Built(t, "EDGE_CLIENTS", "peers.sh", "contract")
}

// Talosctl returns the folder with talosctl: $EDGE_TALOSCTL, or what hack/talosctl.sh has built from source, or builds
// now.
func Talosctl(t testing.TB) string {
	t.Helper()
	return clustertest.Built(t, "EDGE_TALOSCTL", "talosctl.sh")
}
