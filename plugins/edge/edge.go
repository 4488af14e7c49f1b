// Package edge is the command tree of kubectl edge.
package edge

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/clusteraccess"
	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/transport"
)

// Process is what the commands need of their process.
type Process = plugin.Process

// Exit codes of kubectl-edge, beside those of pkg/plugin.
const (
	exitError = 1
	exitUsage = 2 // unknown command or flag, bad value of a flag
)

// Tree is the command tree of kubectl edge for a process.
func Tree(p Process) plugin.Tree {
	return plugin.Tree{Command: newRootCmd(p), Code: exitCode, Next: func(err error) string {
		folders, unknown := dirs.For(programName)
		if unknown != nil {
			return ""
		}
		return plugin.Elsewhere(err, folders)
	}}
}

func exitCode(err error) int {
	if code, ok := plugin.CodeOf(err); ok {
		return code
	}
	if isUsage(err) || errors.Is(err, plugin.ErrNoTerminal) {
		return exitUsage
	}
	return exitError
}

// usageError is an error in how a command was called.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

func isUsage(err error) bool { return errors.As(err, new(usageError)) }

func newRootCmd(p Process) *cobra.Command {
	folders, err := dirs.For(programName)
	a := &app{Process: p, dirs: folders, current: &currentContext{}, bundle: new(transport.Bundle)}
	cmd := &cobra.Command{
		Use:   "kubectl-edge",
		Short: "Use STACKIT Edge Cloud instances without permanent secrets",
		// kubectl edge ls
		Annotations: map[string]string{plugin.Objects: "instance"},
		Long: `Use STACKIT Edge Cloud instances without permanent secrets.

A kubeconfig written by kubectl edge holds no token. It calls a credential helper, which mints short-lived
tokens when they are needed and keeps them in a cache of yours.`,
		Example: `  # log in, choose an instance, and use it with kubectl
  kubectl edge login
  kubectl edge use
  kubectl get edgehosts

  # the same without a question
  kubectl edge login --service-account-key key.json
  kubectl edge use demo --project-id 12345678-ffff-4bcd-8fff-123456789abc

  # who am I, where am I, and what is wrong
  kubectl edge whoami
  kubectl edge doctor`,
	}
	cmd.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err == nil {
			a.checkFolders(cmd)
		}
		return err
	}
	a.current.ends = cmd.Context
	flags := cmd.PersistentFlags()
	flags.StringVar(&a.choice.Profile, "profile", "",
		"profile to use (default: $KUBECTL_EDGE_PROFILE, else the context's, else the current one)")
	flags.StringVarP(&a.choice.ProjectID, "project-id", "p", "",
		"UUID of the STACKIT project (default: the context's, else the profile's)")
	flags.StringVar(&a.choice.Region, "region", "",
		"region of the instances (default: the context's, else the profile's, else eu01)")
	flags.StringVar(&a.current.context, "context", "",
		"context of the kubeconfig whose instance, project, region and profile are meant (default: the current one)")
	flags.StringVar(&a.current.path, "kubeconfig", "", "kubeconfig to find it in (default: as kubectl chooses it)")
	plugin.AddVerbose(flags, &a.verbose,
		"log each HTTP request on stderr: method, address, status and duration, no bodies")

	for _, g := range []struct {
		title    string
		commands []*cobra.Command
	}{
		{"Start here:", []*cobra.Command{newLoginCmd(a), newUseCmd(a)}},
		{"Instances and edge clusters:", []*cobra.Command{
			newProjectCmd(a), newPlanCmd(a), newInstanceCmd(a), newClusterCmd(a), newTalosCmd(a), newEachCmd(a),
			newUICmd(a),
		}},
		{"Kubeconfigs:", []*cobra.Command{newKubeconfigCmd(a), newKubercCmd(a)}},
		{"Machines and other programs:", []*cobra.Command{
			newTokenCmd(a), newArgoCDCmd(a), newAuthCmd(a), newCredentialCmd(a), newInstallCmd(a),
		}},
		{"Logins and settings:", []*cobra.Command{
			newStatusCmd(a), newWhoAmICmd(a), newDoctorCmd(a), newProfileCmd(a), newConfigCmd(a), newCacheCmd(a),
			newLogoutCmd(a), newVersionCmd(a),
		}},
	} {
		cmd.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, c := range g.commands {
			c.GroupID = g.title
			cmd.AddCommand(c)
		}
	}
	cmd.AddCommand(newWorkCmd(a, workCommand, clusteraccess.Work), newWorkCmd(a, talosWorkCommand, a.doTalosWork),
		newListCmd(a))
	addCompletionInstall(cmd, a)
	completeValues(cmd, a)
	plugin.Prepare(cmd, p, "kubectl edge", func(err error) error { return usageError{err} }, isUsage)
	cmd.SetHelpCommandGroupID(cmd.Groups()[len(cmd.Groups())-1].ID)
	show := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		err := show(cmd, args)
		if err == nil && len(args) == 0 {
			a.sayNext()
		}
		return err
	}
	return cmd
}
