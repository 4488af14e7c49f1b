package edge

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/diagnosis"
	"github.com/kubectl-edge/kubectl-edge/pkg/interrupt"
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
server of the current context. A check that could not be tried says so, also after Ctrl-C. It mints no token,
changes nothing but a session that has to be renewed, and prints no secret.

The exit code is 1 if a check failed; warnings and checks that were not tried do not count.`,
		Example: `  kubectl edge doctor
  kubectl edge doctor --profile ci -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := out.Validate(cmd.Context()); err != nil {
				return usageError{err}
			}
			checks := a.examine(cmd.Context(), out)
			if out.Format != "" {
				if err := output.List(a.Out, out, checkKind(), checks); err != nil {
					return err
				}
			}
			if err := cmd.Context().Err(); err != nil {
				return err
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

// examine makes all checks that make sense: what depends on something that is broken is left out. A person sees each as
// soon as it is known, unless another format is wanted.
func (a *app) examine(ctx context.Context, out output.Flags) []diagnosis.Check {
	return diagnosis.Run(ctx, a.Process, a.steps(ctx), func(checks []diagnosis.Check) {
		if out.Format == "" {
			diagnosis.Print(a.Process, checks)
		}
	})
}

// steps are those that doctor takes. What they share is made here, before any begins.
func (a *app) steps(ctx context.Context) []diagnosis.Step {
	a.current.warned = true // the check of the kubeconfig says what is wrong with it
	w, err := a.workplace()
	if err != nil { // of a context, about which the check of the kubeconfig says more
		w.Scope, err = a.scope()
		w.origins.project = "profile " + w.Name
	}
	local, remote := a.stepsOfProfile(w, err)
	config, err := kubeconfig.Load(ctx, "")
	return slices.Concat(local, []diagnosis.Step{
		one("kubectl", func(context.Context) diagnosis.Check { return checkKubectl() }),
		one("cache", func(context.Context) diagnosis.Check { return a.checkCache() }),
	}, a.stepsOfKubeconfig(config, err), remote, a.stepsOfCluster(config, err))
}

// stepsOfProfile look at a profile, or say why it cannot be used, and ask STACKIT as it does. Its secrets are looked at
// before that: a login renews them.
func (a *app) stepsOfProfile(w workplace, err error) (local, remote []diagnosis.Step) {
	const next = "kubectl edge config get"
	if err != nil {
		return []diagnosis.Step{made(diagnosis.Failed("configuration", err, next))}, nil
	}
	s := w.Scope
	local = []diagnosis.Step{made(checkProfile(w))}
	account, err := a.account(s)
	if err != nil {
		return append(local, made(diagnosis.Failed("endpoints", err, next))), nil
	}
	looked := make(chan struct{})
	return local, []diagnosis.Step{
		{Name: "secrets", Make: func(ctx context.Context) []diagnosis.Check {
			defer close(looked)
			// A keyring may be slow, and nothing ends a question to it: at the end of ctx it is left behind.
			checks, _ := interrupt.Read(ctx, func() ([]diagnosis.Check, error) {
				return []diagnosis.Check{checkSecrets(account), a.checkSpace(account)}, nil
			})
			return checks
		}},
		{Name: "endpoints", Make: func(ctx context.Context) []diagnosis.Check {
			return a.checkEndpoints(ctx, s, account.HTTP)
		}},
		{Name: "login", Make: func(ctx context.Context) []diagnosis.Check {
			<-looked
			return a.checkAccount(ctx, s)
		}},
	}
}

// stepsOfKubeconfig look at what the kubeconfig has kubectl run, or say why it could not be read.
func (a *app) stepsOfKubeconfig(config *api.Config, err error) []diagnosis.Step {
	if err != nil {
		return []diagnosis.Step{made(diagnosis.Failed("kubeconfig", err, "kubectl config view"))}
	}
	return []diagnosis.Step{
		one("kubeconfig", func(ctx context.Context) diagnosis.Check { return a.checkKubeconfig(ctx, config) }),
		{Name: "helper", Make: func(ctx context.Context) []diagnosis.Check {
			return append(a.checkHelpers(ctx, config), a.checkHidden(ctx)...)
		}},
		one("kuberc", func(context.Context) diagnosis.Check { return a.checkPolicy(config) }),
	}
}

// stepsOfCluster ask the server of the kubeconfig's current context, if that could be read.
func (a *app) stepsOfCluster(config *api.Config, err error) []diagnosis.Step {
	if err != nil {
		return nil
	}
	return []diagnosis.Step{
		one("cluster", func(ctx context.Context) diagnosis.Check { return a.checkCluster(ctx, config) }),
	}
}

// made is a step whose check is made.
func made(c diagnosis.Check) diagnosis.Step {
	return one(c.Name, func(context.Context) diagnosis.Check { return c })
}

// one is a step of one check.
func one(name string, check func(ctx context.Context) diagnosis.Check) diagnosis.Step {
	return diagnosis.Step{Name: name, Make: func(ctx context.Context) []diagnosis.Check {
		return []diagnosis.Check{check(ctx)}
	}}
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
