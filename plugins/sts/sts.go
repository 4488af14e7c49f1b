// Package sts is the command tree of kubectl sts: StackState in the grammar of its own command line, sts, with service
// tokens that are minted for a while.
package sts

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Process is what the commands need of their process.
type Process struct {
	genericiooptions.IOStreams
	Getenv  func(string) string
	Environ func() []string
	Now     func() time.Time
	Version string
}

// Run runs kubectl sts with args, which do not include the program's name, and returns the exit code. Errors are printed.
func Run(ctx context.Context, p Process, args []string) int {
	a := &app{Process: p, dirs: dirs.For("kubectl-sts"), cacheDirs: dirs.For("kubectl-edge")}
	cmd := newRootCmd(a)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	return a.printError(ctx, err)
}

func newRootCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "kubectl-sts",
		Short: "Use StackState (SUSE Observability) with tokens that end",
		Long: `Use StackState (SUSE Observability) with tokens that end.

The commands are those of StackState's own sts: type the same words after kubectl. Tokens that have to be kept are sealed
in a store of yours, not in the configuration file, and short-lived ones are minted when they are needed.

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
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl sts"},
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       a.Version,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SetIn(a.In)
	cmd.SetOut(a.Out)
	cmd.SetErr(a.ErrOut)
	cmd.SetVersionTemplate("kubectl sts {{.Version}}\n")
	cmd.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage(hint.Wrap(err, "%s --help", c.CommandPath()))
	})
	a.addFlags(cmd.PersistentFlags())
	cmd.PersistentPreRunE = func(*cobra.Command, []string) error { return a.validate() }
	cmd.AddCommand(
		newContextCmd(a), newServiceTokenCmd(a),
		newTokenCmd(a), newRunCmd(a), newAPICmd(a), newLogoutCmd(a),
	)
	completeUsage(cmd)
	return cmd
}

// completeUsage makes every group of commands refuse words that it does not know, and errors in arguments usage errors.
func completeUsage(cmd *cobra.Command) {
	if !cmd.Runnable() {
		cmd.Args = cobra.ArbitraryArgs
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return usage(hint.Wrap(fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath()), "%s --help", cmd.CommandPath()))
		}
	} else if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usage(hint.Wrap(err, "%s --help", cmd.CommandPath()))
			}
			return nil
		}
	}
	for _, c := range cmd.Commands() {
		completeUsage(c)
	}
}
