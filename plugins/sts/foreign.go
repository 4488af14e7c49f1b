package sts

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
)

// foreign are the commands of sts that are not here.
var foreign = []string{
	"dashboard", "graph", "health", "license", "monitor", "otel-component-mapping", "otel-relation-mapping", "script",
	"settings", "stackpack", "topic", "topology", "topology-sync",
}

// newForeignCmds are commands that say how to run sts for what it alone has, or run it. Their flags are those of sts.
func newForeignCmds(a *app) []*cobra.Command {
	var cmds []*cobra.Command
	for _, name := range foreign {
		cmds = append(cmds, &cobra.Command{
			Use: name, Hidden: true, DisableFlagParsing: true,
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.runForeign(cmd.Context(), append([]string{name}, args...))
			},
		})
	}
	return cmds
}

func (a *app) runForeign(ctx context.Context, words []string) error {
	o := mintOptions{app: a, ttl: defaultTTL}
	words, pass, err := o.takeOurs(words)
	if err != nil {
		return usage(err)
	}
	if !pass {
		shown := make([]string, len(words))
		for i, word := range words {
			shown[i] = hint.Word(word)
		}
		return usage(hint.Wrap(fmt.Errorf("kubectl sts has no command %q; sts itself may", words[0]),
			"kubectl sts run -- sts %s, or add --pass-through", strings.Join(shown, " ")))
	}
	if _, err := exec.LookPath("sts"); err != nil {
		return withCode(exitRuntime, hint.Wrap(fmt.Errorf("find sts: %w", err),
			"install it: https://docs.stackstate.com/setup/cli/cli-sts"))
	}
	s, err := a.settings(ctx)
	if err != nil {
		return err
	}
	program := append([]string{"sts"}, words...)
	if len(o.roles) == 0 && len(s.roles) == 0 {
		// As sts would do it: with the context's own credential.
		credential, err := a.credential(ctx, s)
		if err != nil {
			return err
		}
		return a.runProgram(program, clientEnv(s, credential))
	}
	e, err := o.cached(ctx, s, "")
	if err != nil {
		return err
	}
	return a.runProgram(program, clientEnv(s, serviceToken(e.Token)))
}

// takeOurs takes from the words for sts what is meant for kubectl sts: --pass-through, the context and the
// configuration, which are ours, and what a minted token is to be like. An argument of sts that begins with two dashes
// ends that.
func (o *mintOptions) takeOurs(words []string) (theirs []string, pass bool, err error) {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.BoolVar(&pass, "pass-through", false, "")
	f.StringVarP(&o.context, "context", "c", o.context, "")
	f.StringVar(&o.config, "config", o.config, "")
	o.addFlags(f)
	for i := 0; i < len(words); i++ {
		word := words[i]
		if word == "--" {
			return append(theirs, words[i:]...), pass, plugin.RefuseEmpty(f)
		}
		name, _, hasValue := strings.Cut(strings.TrimLeft(word, "-"), "=")
		flag := f.Lookup(name)
		if word == "-c" {
			flag = f.Lookup("context")
		}
		if flag == nil || !strings.HasPrefix(word, "-") || word != "-c" && !strings.HasPrefix(word, "--") {
			theirs = append(theirs, word)
			continue
		}
		ours := words[i : i+1]
		if !hasValue && flag.Value.Type() != "bool" && i+1 < len(words) {
			i++
			ours = words[i-1 : i+1]
		}
		if err := f.Parse(slices.Clone(ours)); err != nil {
			return nil, false, err
		}
	}
	return theirs, pass, plugin.RefuseEmpty(f)
}

// serviceToken is the credential that a minted token is.
func serviceToken(token string) stackstate.Credential {
	return stackstate.Credential{Kind: stackstate.KindServiceToken, Token: token}
}
