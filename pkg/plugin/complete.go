package plugin

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// CompletionTime bounds how long a shell waits when a person presses the Tab key, beside the start of the programs:
// what is not known by then is not offered. Tests that are about what is offered, on a busy machine, set it to more.
var CompletionTime = 250 * time.Millisecond

// Candidates are what a flag or an argument of a command may be, each as "value" or "value\tdescription"; word is what
// has been typed of it.
type Candidates func(ctx context.Context, cmd *cobra.Command, word string) []string

// plainWord is what every shell takes as it is.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9@][A-Za-z0-9@:/._=,-]*$`)

// Completes reports whether shells take a value as one word, so that it is offered. A name that others chose can have
// the tab in it that ends a candidate's value.
func Completes(value string) bool { return plainWord.MatchString(value) }

// Complete has shells offer those candidates that what has been typed begins. What cannot be found out completes to
// nothing; a person at a prompt has no use for an error. Names that others chose, and that a shell would not take as
// one word, are left out.
func (find Candidates) Complete(cmd *cobra.Command, _ []string, word string) ([]cobra.Completion,
	cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), CompletionTime)
	defer cancel()
	directive := cobra.ShellCompDirectiveNoFileComp
	var fitting []cobra.Completion
	for _, c := range find(ctx, cmd, word) {
		value, description, _ := strings.Cut(c, "\t")
		if !strings.HasPrefix(value, word) || !Completes(value) {
			continue
		}
		if strings.HasSuffix(value, "/") || strings.HasSuffix(value, "=") { // more is to follow
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		fitting = append(fitting, cobra.CompletionWithDesc(value, hint.Printable(description)))
	}
	return fitting, directive
}

// First is Complete for the first argument, after which there is none.
func (find Candidates) First(cmd *cobra.Command, args []string, word string) ([]cobra.Completion,
	cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return find.Complete(cmd, args, word)
}

// each completes the last of several values between commas.
func (find Candidates) each(ctx context.Context, cmd *cobra.Command, word string) []string {
	at := strings.LastIndex(word, ",") + 1
	values := find(ctx, cmd, word[at:])
	if at == 0 {
		return values
	}
	whole := make([]string, len(values))
	for i, v := range values {
		whole[i] = word[:at] + v
	}
	return whole
}

// Words are candidates that are always the same.
func Words(fixed ...string) Candidates {
	return func(context.Context, *cobra.Command, string) []string { return fixed }
}

// typedKey is the key of a context's value: the arguments of the process.
type typedKey struct{}

// BehindDash reports whether a -- stands directly before the word that is completed. That cannot be seen from what
// cobra hands to a completion: pflag takes the -- away, and cobra has added one of its own by then.
func BehindDash(cmd *cobra.Command) bool {
	typed, _ := cmd.Context().Value(typedKey{}).([]string)
	return len(typed) > 1 && typed[len(typed)-2] == "--"
}

// Completion is how shells complete a flag: Candidates, FreeText, Files or Folders.
type Completion interface {
	of(f *pflag.Flag) cobra.CompletionFunc
}

func (find Candidates) of(f *pflag.Flag) cobra.CompletionFunc {
	if _, several := f.Value.(pflag.SliceValue); several {
		return Candidates(find.each).Complete
	}
	return find.Complete
}

// Otherwise completes what is no set of words.
type Otherwise cobra.ShellCompDirective

const (
	// FreeText is what a person makes up: nothing is offered, where shells would otherwise offer files.
	FreeText = Otherwise(cobra.ShellCompDirectiveNoFileComp)
	// Files is the path of a file.
	Files = Otherwise(cobra.ShellCompDirectiveDefault)
	// Folders is the path of a folder.
	Folders = Otherwise(cobra.ShellCompDirectiveFilterDirs)
)

func (o Otherwise) of(*pflag.Flag) cobra.CompletionFunc { return o.Complete }

// Complete leaves to shells what they offer.
func (o Otherwise) Complete(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirective(o)
}

// CompleteFlags has shells complete the flags of root and of all commands below it, by the flag's name, or for that of
// one command alone by "command flag", as in "each output".
func CompleteFlags(root *cobra.Command, known map[string]Completion) {
	var visit func(cmd *cobra.Command, path string)
	visit = func(cmd *cobra.Command, path string) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			how, ok := known[strings.TrimPrefix(path+" "+f.Name, " ")]
			if !ok {
				how, ok = known[f.Name]
			}
			if !ok || f.Value.Type() == "bool" {
				return
			}
			_ = cmd.RegisterFlagCompletionFunc(f.Name, how.of(f)) // fails only where it has one
		})
		for _, c := range cmd.Commands() {
			visit(c, strings.TrimPrefix(path+" "+c.Name(), " "))
		}
	}
	visit(root, "")
}
