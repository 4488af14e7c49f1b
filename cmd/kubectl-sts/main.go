// Command kubectl-sts is kubectl sts, the plugin for StackState (SUSE Observability).
package main

import (
	"os"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/plugins/sts"
)

// version is set by the linker.
var version = "dev"

func main() { os.Exit(plugin.Main(sts.Tree, version)) }
