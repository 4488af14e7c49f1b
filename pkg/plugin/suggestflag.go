package plugin

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// flagsFor are what flags may be called here that do what a flag of other programs does.
func flagsFor(name string) []string {
	switch name {
	case "format":
		return []string{"output"}
	case "debug", "loglevel", "log-level", "trace":
		return []string{"verbose"}
	case "force", "assume-yes", "no-confirm", "auto-approve":
		return []string{"yes"}
	case "ttl", "lifetime", "duration", "validity":
		return []string{"expiration", "ttl"}
	case "all-namespaces":
		return []string{"all-projects", "all"}
	case "file", "out", "filename", "write", "output-file":
		return []string{"write-to", "kubeconfig"}
	case "id":
		return []string{"instance-id"}
	case "dryrun":
		return []string{"dry-run"}
	}
	return nil
}

// explainFlag says what is wrong where a flag is not known: the word before it that is not a command, as in "get
// instances -o json", or else the flag that may have been meant.
func explainFlag(cmd *cobra.Command, err error) error {
	if words := cmd.Flags().Args(); len(words) > 0 && cmd.HasSubCommands() {
		return unknownCommand(cmd, words)
	}
	name, long := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !long {
		_, rest, short := strings.Cut(err.Error(), " in -")
		if !short || !strings.HasPrefix(err.Error(), "unknown shorthand flag: ") || len(rest) < 2 {
			return err
		}
		name = rest
	}
	var likely []string
	for _, f := range flagsLike(cmd, name, long) {
		likely = append(likely, "--"+f)
	}
	if question := hint.Question(likely...); question != "" {
		return hint.Wrap(err, "%s See %s --help", question, cmd.CommandPath())
	}
	return err
}

// flagsLike are the flags of cmd that somebody may have meant who typed --name, or with one dash a word of which name
// is what is left behind the flags of one letter: -help leaves elp.
func flagsLike(cmd *cobra.Command, name string, long bool) []string {
	var flags, ends []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		flags = append(flags, f.Name)
		if !long && len(name) > 2 && strings.HasSuffix(f.Name, name) {
			ends = append(ends, f.Name)
		}
	})
	if ends != nil {
		return ends
	}
	for _, other := range flagsFor(name) {
		if f := cmd.Flag(other); f != nil && !f.Hidden {
			return []string{other}
		}
	}
	likely := hint.Alike(name, flags)
	if likely == nil && strings.HasPrefix(name, "no-") {
		return hint.Alike(strings.TrimPrefix(name, "no-"), flags)
	}
	return likely
}

// withOneDash has an error of a command with -name demo, which is --name ame, ask whether --name was meant.
func withOneDash(cmd *cobra.Command, err error) error {
	var meant []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		value, _, _ := strings.Cut(f.Value.String(), "=")
		if f.Shorthand != "" && len(f.Name) > 2 && f.Shorthand+value == f.Name {
			meant = append(meant, "--"+f.Name)
		}
	})
	return hint.DidYouMean(err, meant...)
}
