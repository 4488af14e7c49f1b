package sts

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
)

func newRunCmd(a *app) *cobra.Command {
	o := mintOptions{app: a}
	var once bool
	cmd := &cobra.Command{
		Use:   "run [--roles ROLES] [flags] -- PROGRAM [ARGUMENT...]",
		Short: "Run a program with a minted token in its environment",
		Long: `Run a program with a minted token in its environment, as the variables of sts: STS_CLI_URL,
STS_CLI_SERVICE_TOKEN and what else it needs to reach the server. sts takes its token from there; other programs can
too, without the token in their arguments.`,
		Example: `  kubectl sts run --roles stackstate-k8s-troubleshooter -- sts monitor list

  # curl from 8.3 on
  kubectl sts run --roles stackstate-guest --once -- curl --variable %STS_CLI_SERVICE_TOKEN \
    --expand-header 'X-API-Key: {{STS_CLI_SERVICE_TOKEN}}' https://acme.example.com/api/server/status`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.settings(cmd.Context())
			if err != nil {
				return err
			}
			token, done, err := o.forUse(cmd.Context(), s, once)
			if err != nil {
				return err
			}
			defer a.afterUse(done)
			if err := cmd.Context().Err(); err != nil {
				return err // interrupted before there was a program to pass it on to
			}
			return a.runProgram(args, clientEnv(s, serviceToken(token)))
		},
	}
	cmd.Flags().SetInterspersed(false) // what follows the program is the program's
	o.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&once, "once", false, "mint a token for this run alone and delete it afterwards")
	return cmd
}

// forUse is a minted token with what is to be done after its use.
func (o *mintOptions) forUse(ctx context.Context, s settings, once bool) (string, func() error, error) {
	if once {
		return o.once(ctx, s)
	}
	e, err := o.cached(ctx, s, "")
	return e.Token, func() error { return nil }, err
}

// afterUse ends the life of a token that was minted for one use, whose outcome stays what it was: what could not be
// deleted is on record, and logout finds it.
func (a *app) afterUse(done func() error) {
	if err := done(); err != nil {
		a.Warn("%v", err)
		a.Note("hint: %s", hint.Of(err))
	}
}

// clientEnv are the variables by which sts reaches the server of s with this credential.
func clientEnv(s settings, c stackstate.Credential) []string {
	env := []string{"STS_CLI_URL=" + s.url, "STS_CLI_API_PATH=" + s.apiPath, variables[c.Kind] + "=" + c.Token}
	switch {
	case s.skipSSL:
		env = append(env, "STS_SKIP_SSL=true")
	case s.caPath != "":
		path, err := filepath.Abs(s.caPath)
		if err != nil {
			path = s.caPath
		}
		env = append(env, "STS_CA_CERT_PATH="+path)
	case s.caBase64 != "":
		env = append(env, "STS_CA_CERT_BASE64_DATA="+s.caBase64)
	}
	return env
}

// withoutOurs is environ without the variables of sts: its contexts are not ours, and two tokens at once are an error.
func withoutOurs(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(v string) bool {
		return strings.HasPrefix(v, "STS_CLI_") || strings.HasPrefix(v, "STS_SKIP_SSL=") ||
			strings.HasPrefix(v, "STS_CA_CERT_")
	})
}

// withOwnConfig gives sts, if that is the program, a configuration of its own, which is empty. What its usual one says
// is mixed into everything: skip-ssl of a context that is not in use, and an error if there is no current context.
func withOwnConfig(args []string) (with []string, done func(), err error) {
	name := strings.TrimSuffix(strings.ToLower(filepath.Base(args[0])), ".exe")
	if name != "sts" || slices.ContainsFunc(args[1:], isConfigFlag) {
		return args, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "kubectl-sts-")
	if err != nil {
		return nil, nil, fmt.Errorf("make a configuration for sts: %w", err)
	}
	with = slices.Concat(args[:1], []string{"--config", filepath.Join(dir, "config.yaml")}, args[1:])
	return with, func() { _ = os.RemoveAll(dir) }, nil
}

func isConfigFlag(arg string) bool { return arg == "--config" || strings.HasPrefix(arg, "--config=") }

// runProgram runs a program to its end and passes on its exit code.
func (a *app) runProgram(args, env []string) error {
	args, done, err := withOwnConfig(args)
	if err != nil {
		return withCode(exitRuntime, err)
	}
	defer done()
	child := plugin.Child{
		Args: args, Env: append(withoutOurs(a.Environ()), env...), In: a.In, Out: a.Out, ErrOut: a.ErrOut,
	}
	code, err := child.RunInForeground()
	switch {
	case err != nil:
		return withCode(exitRuntime, fmt.Errorf("run %s: %w", args[0], err))
	case code != 0:
		return withCode(code, plugin.ErrSilent)
	}
	return nil
}
