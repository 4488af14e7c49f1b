// Command kubectl-edge is kubectl edge, the plugin for STACKIT Edge Cloud.
package main

import (
	"os"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/plugins/edge"
)

// version is set by the linker.
var version = "dev"

func main() { os.Exit(plugin.Main(edge.Tree, version)) }
