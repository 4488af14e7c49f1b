// Command edge-sandbox runs a STACKIT with an Edge Cloud instance on this machine: for tests, demonstrations, and for
// trying things out.
package main

import (
	"os"

	"github.com/kubectl-edge/kubectl-edge/plugins/edgesandbox"
)

func main() { os.Exit(edgesandbox.Run()) }
