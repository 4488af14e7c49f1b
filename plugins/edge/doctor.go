package edge

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// Outcomes of a check.
const (
	checkOK   = "ok"
	checkWarn = "warn" // it works, but not as well or as safely as it could
	checkFail = "fail"
	checkSkip = "skip" // it was not tried, or said nothing
)

// check is what doctor found out about one thing. It holds no secret.
type check struct {
	Name   string `json:"name"`
	Status string `json:"status"` // one of the constants
	Detail string `json:"detail"`
	Next   string `json:"next,omitempty"` // what to do about it
}

func passed(name, format string, args ...any) check {
	return check{Name: name, Status: checkOK, Detail: fmt.Sprintf(format, args...)}
}

func warned(name, next, format string, args ...any) check {
	return check{Name: name, Status: checkWarn, Detail: fmt.Sprintf(format, args...), Next: next}
}

func skipped(name, next, format string, args ...any) check {
	return check{Name: name, Status: checkSkip, Detail: fmt.Sprintf(format, args...), Next: next}
}

// failed is the outcome of a check that ended with err, whose hint goes before next.
func failed(name string, err error, next string) check {
	if h := hint.Of(err); h != "" {
		next = h
	}
	return check{Name: name, Status: checkFail, Detail: err.Error(), Next: next}
}

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
			if err := out.Validate(); err != nil {
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
				a.printChecks(checks)
			}
			bad := 0
			for _, c := range checks {
				if c.Status == checkFail {
					bad++
				}
			}
			if bad > 0 {
				return fmt.Errorf("%s failed", plugin.Count(bad, "check"))
			}
			return nil
		},
	}
	out.AddFlags(cmd.Flags())
	return cmd
}

// examine makes all checks that make sense: what depends on something that is broken is left out.
func (a *app) examine(ctx context.Context) []check {
	var checks []check
	s, err := a.scope()
	if err != nil {
		checks = append(checks, failed("configuration", err, "kubectl edge config get"))
	} else {
		checks = append(checks, a.checkProfile(s))
		account, err := a.account(s)
		if err != nil {
			checks = append(checks, failed("endpoints", err, "kubectl edge config get"))
		} else {
			checks = append(checks, a.checkAccount(ctx, s)...)
			checks = append(checks, checkSecrets(account.Secrets), a.checkSpace(account))
			checks = append(checks, a.checkEndpoints(ctx, s, account.HTTP)...)
		}
	}
	checks = append(checks, checkKubectl(), a.checkCache())
	config, err := kubeconfig.Load("")
	if err != nil {
		return append(checks, failed("kubeconfig", err, "kubectl config view"))
	}
	checks = append(checks, a.checkKubeconfig(config))
	checks = append(checks, a.checkHelpers(ctx, config)...)
	return append(checks, a.checkPolicy(config), a.checkCluster(ctx, config))
}

func (a *app) printChecks(checks []check) {
	for _, c := range checks {
		fmt.Fprintf(a.Out, "%-5s %s: %s\n", c.Status, c.Name, hint.PrintableLines(c.Detail))
		if c.Next != "" {
			fmt.Fprintf(a.Out, "      next: %s\n", hint.PrintableLines(c.Next))
		}
	}
}

func checkKind() output.Kind[check] {
	return output.Kind[check]{
		Name: "Check",
		ID:   func(c check) string { return c.Name },
		Columns: []output.Column[check]{
			{Name: "STATUS", Value: func(c check) string { return c.Status }},
			{Name: "CHECK", Value: func(c check) string { return c.Name }},
			{Name: "DETAIL", Value: func(c check) string { return c.Detail }},
			{Name: "NEXT", Wide: true, Value: func(c check) string { return c.Next }},
		},
	}
}
