// Package edge is the command tree of kubectl edge.
package edge

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// Process is what the commands need of their process.
type Process = plugin.Process

// Exit codes of kubectl-edge, beside those of pkg/plugin.
const (
	exitError = 1
	exitUsage = 2 // unknown command or flag, bad value of a flag
)

// Tree is the command tree of kubectl edge for a process.
func Tree(p Process) plugin.Tree { return plugin.Tree{Command: newRootCmd(p), Code: exitCode} }

func exitCode(err error) int {
	if code, ok := plugin.CodeOf(err); ok {
		return code
	}
	if _, ok := errors.AsType[usageError](err); ok || errors.Is(err, plugin.ErrNoTerminal) {
		return exitUsage
	}
	return exitError
}

// usageError is an error in how a command was called.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

func newRootCmd(p Process) *cobra.Command {
	folders, err := dirs.For(programName)
	a := &app{Process: p, dirs: folders}
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
	cmd.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err == nil {
			a.checkFolders(cmd)
		}
		return err
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&a.choice.Profile, "profile", "",
		"profile to use (default: $KUBECTL_EDGE_PROFILE, else the current one)")
	flags.StringVarP(&a.choice.ProjectID, "project-id", "p", "", "UUID of the STACKIT project (default: the profile's)")
	flags.StringVar(&a.choice.Region, "region", "", "region of the instances (default: the profile's, else eu01)")
	flags.BoolVarP(&a.verbose, "verbose", "v", false,
		"log each HTTP request on stderr: method, address, status and duration, no bodies")

	cmd.AddCommand(
		newLoginCmd(a), newLogoutCmd(a), newStatusCmd(a), newUseCmd(a), newDoctorCmd(a),
		newProjectCmd(a), newPlanCmd(a), newInstanceCmd(a), newClusterCmd(a), newKubeconfigCmd(a), newEachCmd(a), newKubercCmd(a),
		newTokenCmd(a), newUICmd(a), newArgoCDCmd(a),
		newConfigCmd(a), newProfileCmd(a), newCacheCmd(a), newInstallCmd(a),
		newCredentialCmd(a), newVersionCmd(a),
	)
	completeValues(cmd, a)
	plugin.Prepare(cmd, p, "kubectl edge", func(err error) error { return usageError{err} })
	return cmd
}
