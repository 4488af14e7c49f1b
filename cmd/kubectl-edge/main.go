// Command kubectl-edge is kubectl edge, the plugin for STACKIT Edge Cloud.
package main

import (
	"os"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/plugins/edge"
)

// What the linker may set: see pkg/buildinfo.
var version, commit, date string

func main() { os.Exit(plugin.Main(edge.Tree, buildinfo.Of(version, commit, date))) }
