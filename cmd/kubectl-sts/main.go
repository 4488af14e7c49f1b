// Command kubectl-sts is kubectl sts, the plugin for StackState (SUSE Observability).
package main

import (
	"os"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/plugins/sts"
)

// What the linker may set: see pkg/buildinfo.
var version, commit, date string

func main() { os.Exit(plugin.Main(sts.Tree, buildinfo.Of(version, commit, date))) }
