package edge

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/diagnosis"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

func newDoctorCmd(a *app) *cobra.Command {
	var out output.Flags
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find out what keeps a profile from working, and what to do about it",
		Long: `Find out what keeps a profile from working, and what to do about it.

It asks STACKIT as the profile is logged in, and looks at Edge Cloud in the project, the role that minting
takes, where the secrets lie and whether the next has space, the endpoints and their clocks, the cache, the
kubeconfig, the helper that each context calls and whether kubectl's preferences let it run, and the API
server of the current context. A check that could not be tried says so. It mints no token, changes nothing but
a session that has to be renewed, and prints no secret.

The exit code is 1 if a check failed; warnings and checks that were not tried do not count.`,
		Example: `  kubectl edge doctor
  kubectl edge doctor --profile ci -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := out.Validate(cmd.Context()); err != nil {
				return usageError{err}
			}
			checks := a.examine(cmd.Context())
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			if out.Format != "" {
				if err := output.List(a.Out, out, checkKind(), checks); err != nil {
					return err
				}
			} else {
				diagnosis.Print(a.Process, checks)
			}
			if bad := diagnosis.Failures(checks); bad > 0 {
				return fmt.Errorf("%s failed", plugin.Count(bad, "check"))
			}
			return nil
		},
	}
	out.AddFlags(cmd.Flags())
	return cmd
}

// examine makes all checks that make sense: what depends on something that is broken is left out.
func (a *app) examine(ctx context.Context) []diagnosis.Check {
	var checks []diagnosis.Check
	a.current.warned = true // the check of the kubeconfig says what is wrong with it
	w, err := a.workplace()
	if err != nil { // of a context, about which the check of the kubeconfig says more
		w.Scope, err = a.scope()
		w.origins.project = "profile " + w.Name
	}
	s := w.Scope
	if err != nil {
		checks = append(checks, diagnosis.Failed("configuration", err, "kubectl edge config get"))
	} else {
		checks = append(checks, checkProfile(w))
		account, err := a.account(s)
		if err != nil {
			checks = append(checks, diagnosis.Failed("endpoints", err, "kubectl edge config get"))
		} else {
			checks = append(checks, a.checkAccount(ctx, s)...)
			checks = append(checks, checkSecrets(account), a.checkSpace(account))
			checks = append(checks, a.checkEndpoints(ctx, s, account.HTTP)...)
		}
	}
	checks = append(checks, checkKubectl(), a.checkCache())
	config, err := kubeconfig.Load(ctx, "")
	if err != nil {
		return append(checks, diagnosis.Failed("kubeconfig", err, "kubectl config view"))
	}
	checks = append(checks, a.checkKubeconfig(ctx, config))
	checks = append(checks, a.checkHelpers(ctx, config)...)
	checks = append(checks, a.checkHidden(ctx)...)
	return append(checks, a.checkPolicy(config), a.checkCluster(ctx, config))
}

func checkKind() output.Kind[diagnosis.Check] {
	return output.Kind[diagnosis.Check]{
		Name: "Check",
		ID:   func(c diagnosis.Check) string { return c.Name },
		Columns: []output.Column[diagnosis.Check]{
			{Name: "STATUS", Value: func(c diagnosis.Check) string { return c.Status }},
			{Name: "CHECK", Value: func(c diagnosis.Check) string { return c.Name }},
			{Name: "DETAIL", Value: func(c diagnosis.Check) string { return c.Detail }},
			{Name: "NEXT", Wide: true, Value: func(c diagnosis.Check) string { return c.Next }},
		},
	}
}
