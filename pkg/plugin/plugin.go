// Package plugin is what the command trees of our kubectl plugins have in common.
package plugin

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Process is what the commands need of their process.
type Process struct {
	genericiooptions.IOStreams
	Getenv  func(string) string
	Environ func() []string
	Now     func() time.Time
	Build   buildinfo.Info
	// Again starts this program once more, with these arguments and environment, in the background.
	Again func(args, env []string) error

	line *statusLine
}

// completer begins the name by which kubectl calls the completions of a plugin: kubectl_complete-edge for kubectl edge,
// a link to the plugin itself.
const completer = "kubectl_complete-"

// sameSignal is for how long further signals are taken for the first one: timeout(1), npm and others send theirs to
// the program and to the group of processes that it is in.
const sameSignal = 250 * time.Millisecond

// Main runs the tree that grow makes for this process of the build, with its arguments, and returns the exit code. The
// context ends with a signal that would end the process.
func Main(grow func(Process) Tree, build buildinfo.Info) int {
	// The debug switches of libraries print what passes through them, tokens too: GODEBUG=http2debug=2 every header.
	// They use the standard logger, which is nobody's else here.
	log.SetOutput(io.Discard)
	collectLate(os.Getenv)
	signals := endSignals()
	if len(signals) == 0 {
		signals = []os.Signal{syscall.SIGTERM} // no signals at all would mean all of them
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	defer stop()
	// What a first signal ends may have something to finish, such as to save what cannot be asked for again. A second
	// Ctrl-C ends that as well, as it would end any program.
	defer context.AfterFunc(ctx, func() { time.AfterFunc(sameSignal, stop) })()
	// A caught SIGPIPE lets a write to a closed pipe fail rather than end us, and is not inherited by programs that we
	// run.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	args := os.Args[1:]
	if strings.HasPrefix(filepath.Base(os.Args[0]), completer) {
		args = append([]string{cobra.ShellCompRequestCmd}, args...)
	}
	out, errOut, line := NewStream(os.Stdout), NewStream(os.Stderr), &statusLine{}
	line.on(out, errOut, os.Getenv)
	p := Process{
		IOStreams: genericiooptions.IOStreams{In: os.Stdin, Out: out, ErrOut: errOut},
		Getenv:    os.Getenv, Environ: os.Environ, Now: time.Now, Build: build, Again: again, line: line,
	}
	return Run(ctx, p, grow(p), args)
}

// Prepare makes root, which has all its commands, the tree of the plugin that is called as displayName ("kubectl
// edge"): errors are left to the caller, groups of commands refuse words that they do not know, and errors in how a
// command was called go through usage, which isUsage knows again. Each of those has a next step.
func Prepare(
	root *cobra.Command, p Process, displayName string, usage func(error) error, isUsage func(error) bool,
) {
	if root.Annotations == nil {
		root.Annotations = map[string]string{}
	}
	root.Annotations[cobra.CommandDisplayNameAnnotation] = displayName
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.HiddenDefaultCmd = true // it is for those who call the plugin without kubectl
	root.Version = p.Build.Version
	root.SetVersionTemplate(displayName + " {{.Version}}\n")
	root.SetIn(p.In)
	root.SetOut(p.Out)
	root.SetErr(p.ErrOut)
	withHelp := func(c *cobra.Command, err error) error { return usage(seeHelp(c, err)) }
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return withHelp(c, explainFlag(c, err)) })
	unknown := func(cmd *cobra.Command, args []string) error { return withHelp(cmd, unknownCommand(cmd, args)) }
	help := newHelpCmd(root, unknown)
	root.SetHelpCommand(help)
	checkArguments(root, withHelp, unknown)
	helpAfter(root, isUsage)
	wrapHelp(root, p)
}

// seeHelp has an error in how a command was called lead to the command's help, unless it has a better next step.
func seeHelp(cmd *cobra.Command, err error) error {
	err = withOneDash(cmd, err)
	if hint.Of(err) != "" {
		return err
	}
	return hint.Wrap(err, "%s --help", cmd.CommandPath())
}

// helpAfter has the commands' own errors lead to their help where they are about how they were called.
func helpAfter(cmd *cobra.Command, isUsage func(error) bool) {
	for _, run := range []*func(*cobra.Command, []string) error{&cmd.PersistentPreRunE, &cmd.PreRunE, &cmd.RunE} {
		if own := *run; own != nil {
			*run = func(cmd *cobra.Command, args []string) error {
				err := own(cmd, args)
				if err == nil {
					return nil
				}
				if isUsage(err) {
					return seeHelp(cmd, err)
				}
				return withOneDash(cmd, err)
			}
		}
	}
	for _, c := range cmd.Commands() {
		helpAfter(c, isUsage)
	}
}

func checkArguments(
	cmd *cobra.Command, withHelp func(*cobra.Command, error) error, unknown func(*cobra.Command, []string) error,
) {
	if !cmd.Runnable() {
		cmd.Args = func(cmd *cobra.Command, _ []string) error {
			if err := RefuseEmpty(cmd.Flags()); err != nil {
				return withHelp(cmd, err)
			}
			return nil
		}
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknown(cmd, args)
		}
	} else {
		check := cmd.Args
		if check == nil {
			check = cobra.ArbitraryArgs
		}
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := RefuseEmpty(cmd.Flags()); err != nil {
				return withHelp(cmd, err)
			}
			if err := check(cmd, args); err != nil {
				return withHelp(cmd, explain(cmd, args, err))
			}
			return nil
		}
	}
	for _, c := range cmd.Commands() {
		checkArguments(c, withHelp, unknown)
	}
}

// explain says what cobra's err means for args: it calls every word too many a command, and does not say which are
// missing.
func explain(cmd *cobra.Command, args []string, err error) error {
	text := err.Error()
	counted := strings.HasPrefix(text, "accepts ") || strings.HasPrefix(text, "requires ")
	_, words, _ := strings.Cut(cmd.Use, " ")
	switch {
	case cmd.HasSubCommands() && len(args) > 0: // one that does something by itself as well
		return unknownCommand(cmd, args)
	case strings.HasPrefix(text, "unknown command "), counted && words == "" && len(args) > 0:
		err = fmt.Errorf("unexpected argument %q for %q", args[0], cmd.CommandPath())
		if len(args) == 1 && cmd.Flags().Lookup("name") != nil && simpleWord.MatchString(args[0]) {
			return hint.Wrap(err, "%s --name %s", cmd.CommandPath(), args[0])
		}
		return err
	case counted:
		return fmt.Errorf("%s, want %s %s", Count(len(args), "argument"), cmd.CommandPath(), words)
	}
	return err
}
