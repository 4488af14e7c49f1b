package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
	"github.com/kubectl-edge/kubectl-edge/plugins/credential"
	"github.com/kubectl-edge/kubectl-edge/plugins/edge"
	"github.com/kubectl-edge/kubectl-edge/plugins/edgesandbox"
	"github.com/kubectl-edge/kubectl-edge/plugins/sts"
)

// command is a command, as its help shows it.
type command struct {
	name     string // as it is typed: kubectl edge instance list
	short    string
	long     string
	synopsis string
	examples string
	flags    []option
	below    []*command
	above    *command
}

// option is a flag.
type option struct {
	short, name, value string // value is what kind of value it takes, "" for none
	usage, standard    string // standard is "(default …)", or ""
}

// manName is the name of the man page, as git and kubectl name theirs.
func (c *command) manName() string { return strings.ReplaceAll(c.name, " ", "-") }

// all is c and all that is below it.
func (c *command) all() []*command {
	list := []*command{c}
	for _, child := range c.below {
		list = append(list, child.all()...)
	}
	return list
}

// programs are the trees of all programs. The first command of each is the program itself, with the flags of every
// command.
func programs() ([]*command, error) {
	helper, err := helperCommand()
	if err != nil {
		return nil, err
	}
	p := plugin.Process{Getenv: func(string) string { return "" }, Now: time.Now}
	return []*command{
		fromCobra(edge.Tree(p).Command, nil), helper, fromCobra(sts.Tree(p).Command, nil),
		fromCobra(edgesandbox.Root(buildinfo.Info{}, nil, nil, nil), nil),
	}, nil
}

func fromCobra(cmd *cobra.Command, above *command) *command {
	c := &command{
		name: cmd.CommandPath(), short: cmd.Short, long: strings.TrimSpace(cmd.Long), synopsis: cmd.UseLine(),
		examples: outdent(cmd.Example), above: above,
	}
	if !cmd.Runnable() || cmd.HasAvailableSubCommands() {
		c.synopsis = c.name + " [command] [flags]"
	}
	if c.long == "" {
		c.long = strings.TrimSuffix(c.short, ".") + "."
	}
	flags := cmd.LocalNonPersistentFlags()
	if above == nil {
		flags = cmd.PersistentFlags()
	}
	flags.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Name != "help" {
			c.flags = append(c.flags, fromPFlag(f))
		}
	})
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() && child.Name() != "help" && child.Name() != "completion" {
			c.below = append(c.below, fromCobra(child, c))
		}
	}
	return c
}

func fromPFlag(f *pflag.Flag) option {
	o := option{short: f.Shorthand, name: f.Name}
	o.value, o.usage = pflag.UnquoteUsage(f)
	// pflag alone knows which defaults go without saying.
	alone := pflag.NewFlagSet("", pflag.ContinueOnError)
	alone.AddFlag(f)
	_, o.standard, _ = strings.Cut(strings.TrimSpace(alone.FlagUsages()), o.usage)
	if o.standard = strings.TrimSpace(o.standard); o.standard == "(default [])" {
		o.standard = ""
	}
	return o
}

// helperCommand reads what the helper prints of itself: it has no tree, since that would take it longer to start.
func helperCommand() (*command, error) {
	var out bytes.Buffer
	code := credential.Run(credential.Process{
		Args: []string{tokenrequest.Helper, "--help"}, Stdout: &out, Stderr: os.Stderr,
		Getenv: func(string) string { return "" }, Now: time.Now,
	})
	long, usage, found := strings.Cut(out.String(), "\n\nUsage:\n")
	synopsis, _, ended := strings.Cut(usage, "\n\nFlags:\n")
	if code != 0 || !found || !ended {
		return nil, errors.New("the helper's help does not look as expected")
	}
	short, _, _ := strings.Cut(long, ".\n")
	c := &command{name: tokenrequest.Helper, short: short, long: long, synopsis: outdent(strings.TrimSpace(synopsis))}
	for _, f := range new(tokenrequest.Request).Flags() {
		if !strings.Contains(usage, fmt.Sprintf("--%s %s", f.Name, f.Value.Type())) {
			return nil, fmt.Errorf("the helper's help does not have --%s", f.Name)
		}
		c.flags = append(c.flags, option{name: f.Name, value: f.Value.Type(), usage: f.Help})
	}
	c.flags = append(c.flags, option{name: "version", usage: "print the version"})
	return c, nil
}

func outdent(s string) string {
	return strings.ReplaceAll(strings.TrimPrefix(s, "  "), "\n  ", "\n")
}

// paragraphs splits a text at its empty lines. Those with indented lines are lists in columns, and stay as they are.
func paragraphs(text string) (list []string) {
	for p := range strings.SplitSeq(text, "\n\n") {
		list = append(list, strings.Trim(p, "\n"))
	}
	return list
}

func columns(paragraph string) bool { return strings.Contains("\n"+paragraph, "\n  ") }
