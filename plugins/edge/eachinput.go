package edge

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/fleet"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// watches reports whether args have kubectl go on until it is interrupted.
func watches(args []string) bool {
	if command, ok := fleet.Parse(args); ok && command.Watches() {
		return true
	}
	return slices.Contains([]string{"get", "events"}, args[0]) &&
		(hasFlag(args, "--watch", "--watch-only") || slices.ContainsFunc(flagsOf(args), shortWatch.MatchString))
}

// shortWatch is -w, also among other flags of a letter.
var shortWatch = regexp.MustCompile(`^-[AR]*w(?:=true|[ARo].*)?$`)

// hasFlag reports whether one of kubectl's flags is given, which is true or false.
func hasFlag(args []string, names ...string) bool {
	return slices.ContainsFunc(flagsOf(args), func(arg string) bool {
		return slices.Contains(names, strings.TrimSuffix(arg, "=true"))
	})
}

// attaches reports whether args are of a command that has a container's input and terminal.
func attaches(args []string) bool {
	return slices.Contains([]string{"attach", "debug", "exec", "run"}, args[0])
}

// wantsInput reports whether kubectl reads its standard input.
func wantsInput(args []string) bool {
	return attaches(args) && hasFlag(args, "-i", "--stdin") ||
		slices.ContainsFunc(flagsOf(args), func(arg string) bool {
			return slices.Contains([]string{"-", "-f-", "-f=-", "--filename=-"}, arg) ||
				strings.HasSuffix(arg, "/dev/stdin")
		})
}

// interactive is the error of a command that wants the terminal for itself, which several cannot have at once.
func (o *eachOptions) interactive(args []string) error {
	if !(attaches(args) && hasFlag(args, "-t", "--tty", "-it", "-ti")) &&
		(args[0] != "edit" || o.Getenv("KUBE_EDITOR") != "") {
		return nil
	}
	return hint.Wrap(fmt.Errorf("kubectl %.80s would want the terminal for itself, for each context", args[0]),
		"for one context: kubectl --context NAME %s", asTyped(args))
}
