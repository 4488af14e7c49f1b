// Package plugin is what the command trees of our kubectl plugins have in common.
package plugin

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

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

// Main calls run with this process and its arguments, without the program's name, and returns the exit code. The context
// ends with an interrupt.
func Main(run func(context.Context, Process, []string) int, version string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, Process{
		IOStreams: genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr},
		Getenv:    os.Getenv, Environ: os.Environ, Now: time.Now, Version: version,
	}, os.Args[1:])
}

// Prepare makes root, which has all its commands, the tree of the plugin that is called as displayName ("kubectl edge"):
// errors are left to the caller, groups of commands refuse words that they do not know, and errors in how a command was
// called go through usage.
func Prepare(root *cobra.Command, p Process, displayName string, usage func(error) error) {
	root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: displayName}
	root.SilenceErrors, root.SilenceUsage = true, true
	root.Version = p.Version
	root.SetVersionTemplate(displayName + " {{.Version}}\n")
	root.SetIn(p.In)
	root.SetOut(p.Out)
	root.SetErr(p.ErrOut)
	withHelp := func(c *cobra.Command, err error) error {
		return usage(hint.Wrap(err, "%s --help", c.CommandPath()))
	}
	root.SetFlagErrorFunc(withHelp)
	checkArguments(root, withHelp)
}

func checkArguments(cmd *cobra.Command, withHelp func(*cobra.Command, error) error) {
	if !cmd.Runnable() {
		cmd.Args = cobra.ArbitraryArgs
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return withHelp(cmd, fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath()))
		}
	} else if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return withHelp(cmd, err)
			}
			return nil
		}
	}
	for _, c := range cmd.Commands() {
		checkArguments(c, withHelp)
	}
}
