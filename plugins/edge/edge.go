// Package edge is the command tree of kubectl edge.
package edge

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// Process is what the commands need of their process.
type Process = plugin.Process

// Exit codes of kubectl-edge.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2   // unknown command or flag, bad value of a flag
	exitInterrupted = 130 // Ctrl-C, as shells have it
)

// Run runs kubectl edge with args, which do not include the program's name, and returns the exit code. Errors are printed.
func Run(ctx context.Context, p Process, args []string) int {
	cmd := newRootCmd(p)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	var usage usageError
	var exit exitCodeError
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(p.ErrOut, "interrupted")
		return exitInterrupted
	case errors.As(err, &usage):
		hint.Print(p.ErrOut, err)
		return exitUsage
	case errors.As(err, &exit):
		hint.Print(p.ErrOut, err)
		return exit.code
	default:
		hint.Print(p.ErrOut, err)
		return exitError
	}
}

// usageError is an error in how a command was called.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

// exitCodeError is an error with an exit code of its own.
type exitCodeError struct {
	error
	code int
}

func (e exitCodeError) Unwrap() error { return e.error }

func newRootCmd(p Process) *cobra.Command {
	a := &app{Process: p, dirs: dirs.For("kubectl-edge")}
	cmd := &cobra.Command{
		Use:   "kubectl-edge",
		Short: "Use STACKIT Edge Cloud instances without permanent secrets",
		Long: `Use STACKIT Edge Cloud instances without permanent secrets.

A kubeconfig written by kubectl edge holds no token. It calls a credential helper, which mints short-lived
tokens when they are needed and keeps them in a cache of yours.`,
		Example: `  # log in, find a project and use it
  kubectl edge login --service-account-key key.json
  kubectl edge project list
  kubectl edge config set project-id 12345678-ffff-4bcd-8fff-123456789abc

  # use an instance with kubectl
  kubectl edge instance list
  kubectl edge kubeconfig create --name demo --switch-context
  kubectl get edgehosts`,
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&a.choice.Profile, "profile", "", "profile to use (default: $KUBECTL_EDGE_PROFILE, else the current one)")
	flags.StringVarP(&a.choice.ProjectID, "project-id", "p", "", "UUID of the STACKIT project (default: the profile's)")
	flags.StringVar(&a.choice.Region, "region", "", "region of the instances (default: the profile's, else eu01)")
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "log each HTTP request on stderr: method, address, status and duration, no bodies")

	cmd.AddCommand(
		newLoginCmd(a), newLogoutCmd(a), newStatusCmd(a), newUseCmd(a), newDoctorCmd(a),
		newProjectCmd(a), newPlanCmd(a), newInstanceCmd(a), newKubeconfigCmd(a), newEachCmd(a), newKubercCmd(a),
		newTokenCmd(a), newUICmd(a), newArgoCDCmd(a),
		newConfigCmd(a), newProfileCmd(a), newCacheCmd(a),
		newCredentialCmd(a),
	)
	completeValues(cmd, a)
	plugin.Prepare(cmd, p, "kubectl edge", func(err error) error { return usageError{err} })
	return cmd
}
