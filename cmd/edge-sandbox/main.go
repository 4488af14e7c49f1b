// Command edge-sandbox runs a STACKIT with an Edge Cloud instance on this machine: for tests, demonstrations, and for
// trying things out.
package main

import (
	"os"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/plugins/edgesandbox"
)

// What the linker may set: see pkg/buildinfo.
var version, commit, date string

func main() { os.Exit(edgesandbox.Run(buildinfo.Of(version, commit, date))) }
