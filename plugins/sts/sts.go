// Package sts is the command tree of kubectl sts: StackState in the grammar of its own command line, sts, with service
// tokens that are minted for a while.
package sts

import (
	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// Process is what the commands need of their process.
type Process = plugin.Process

// Tree is the command tree of kubectl sts for a process.
func Tree(p Process) plugin.Tree {
	a := &app{Process: p}
	var err error
	if a.dirs, err = dirs.For("kubectl-sts"); err == nil {
		a.cacheDirs, err = dirs.For("kubectl-edge")
	}
	root := newRootCmd(a)
	if err != nil {
		root.PersistentPreRunE = func(*cobra.Command, []string) error { return err }
	}
	return plugin.Tree{Command: root, Code: exitCode, Report: a.report,
		Next: func(err error) string { return plugin.Elsewhere(err, a.dirs) }}
}

func newRootCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "kubectl-sts",
		Short: "Use StackState (SUSE Observability) with tokens that end",
		// kubectl sts ls
		Annotations: map[string]string{plugin.Objects: "service-token context"},
		Long: `Use StackState (SUSE Observability) with tokens that end.

The commands are those of StackState's own sts: type the same words after kubectl. Tokens that have to be kept are
sealed in a store of yours, not in the configuration file, and short-lived ones are minted when they are needed.

` + exitCodes,
		Example: `  # save a context; the token is asked for
  kubectl sts context save --name prod --url https://acme.example.com

  # manage service tokens
  kubectl sts service-token create --name ci --roles stackstate-k8s-troubleshooter --ttl 8h
  kubectl sts service-token list
  kubectl sts service-token delete 107484341630693

  # run a program, or make a request, with a token that is gone afterwards
  kubectl sts run --roles stackstate-k8s-troubleshooter --once -- sts monitor list
  kubectl sts api GET /api/server/status`,
	}
	a.addFlags(cmd.PersistentFlags())
	// Only the commands of sts know it; it is here for those who type it before them.
	cmd.PersistentFlags().Bool("pass-through", false, "run sts itself for a command that kubectl sts has not")
	_ = cmd.PersistentFlags().MarkHidden("pass-through") // there is such a flag
	cmd.PersistentPreRunE = func(*cobra.Command, []string) error { return a.validate() }
	cmd.AddCommand(
		newContextCmd(a), newServiceTokenCmd(a),
		newRBACCmd(a), newUserSessionCmd(a), newAgentCmd(a),
		newTokenCmd(a), newRunCmd(a), newAPICmd(a), newLogoutCmd(a), newVersionCmd(a),
	)
	cmd.AddCommand(newForeignCmds(a)...)
	completeValues(cmd, a)
	plugin.Prepare(cmd, a.Process, "kubectl sts", usage, isUsage)
	return cmd
}
