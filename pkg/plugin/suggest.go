package plugin

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Objects is the annotation of a root for the group that a verb without a noun is about: "instance" has kubectl edge
// ls suggest kubectl edge instance list.
const Objects = "kubectl-edge/objects"

// verbs are what other programs call a verb, kubectl's first, and what it is called here: the first that the command
// has. A name behind "get" asks for one thing rather than for all.
func verbs(verb string, named bool) []string {
	switch verb {
	case "get", "view", "show", "info", "inspect":
		if named {
			return []string{"describe", "get", "show", "list"}
		}
		return []string{"list", "get", "show", "describe"}
	case "describe":
		return []string{"describe", "show", "get", "list"}
	case "list", "ls", "all":
		return []string{"list", "get"}
	case "delete", "rm", "remove", "del", "destroy", "drop":
		return []string{"delete", "remove", "clean"}
	case "clean", "clear", "prune", "purge", "reset", "flush":
		return []string{"clean", "remove", "delete"}
	case "create", "add", "new", "make", "generate", "mint", "write":
		return []string{"create", "save", "set"}
	case "edit", "patch", "update", "set", "modify", "change":
		return []string{"update", "set", "edit"}
	case "use", "switch", "select", "use-context", "set-context", "activate", "target", "checkout":
		return []string{"use"}
	case "get-contexts":
		return []string{"list"}
	case "current-context", "current", "me", "id":
		return []string{"whoami", "show"}
	case "signin", "sign-in", "authenticate":
		return []string{"login"}
	case "signout", "sign-out":
		return []string{"logout"}
	}
	return nil
}

// kubectlOnly are commands of kubectl's that a plugin has nothing like: who types one behind its name means kubectl's
// own, which works with the current context.
func kubectlOnly(verb string) bool {
	return slices.Contains([]string{"annotate", "api-resources", "api-versions", "apply", "attach", "autoscale",
		"cluster-info", "cordon", "cp", "debug", "diff", "drain", "events", "exec", "explain", "expose", "kustomize",
		"label", "logs", "patch", "port-forward", "proxy", "replace", "rollout", "run", "scale", "taint", "top",
		"uncordon", "wait"}, verb)
}

// unknownCommand is the error for words that are not a command below cmd.
func unknownCommand(cmd *cobra.Command, words []string) error {
	err := fmt.Errorf("unknown command %q for %q", words[0], cmd.CommandPath())
	own := ""
	if name, below := strings.CutPrefix(cmd.CommandPath(), "kubectl "); below && !cmd.HasParent() {
		own = "without " + name + " it is kubectl's own command"
		if kubectlOnly(words[0]) && groupIn(cmd, words) == nil {
			return hint.Wrap(err, "kubectl %s: %s", words[0], own)
		}
	}
	like, rest := meant(cmd, words)
	if like == nil {
		if group := groupIn(cmd, words); group != nil {
			return hint.Wrap(err, "%s --help", group.CommandPath())
		}
		return err
	}
	if slices.ContainsFunc(rest, func(word string) bool { return !simpleWord.MatchString(word) }) {
		rest = nil
	}
	question := "did you mean " + strings.Join(append([]string{like.CommandPath()}, rest...), " ") + "?"
	if len(rest) > 0 && own != "" && groupIn(cmd, words) == nil &&
		slices.Contains([]string{"get", "describe", "delete", "edit"}, words[0]) {
		question += " (kubectl " + words[0] + " " + rest[0] + ": " + own + ")"
	}
	return hint.Wrap(err, "%s", question)
}

// meant is the command that somebody may have meant by words below cmd, or nil, and the words that are its arguments:
// one that does what a verb of other programs does, also where the verb stands before the noun as in kubectl's "get
// instances", or one of a similar name, or one of this name elsewhere.
func meant(cmd *cobra.Command, words []string) (*cobra.Command, []string) {
	verb, rest := words[0], words[1:]
	if group := groupIn(cmd, words); group != nil {
		return meantBelow(group, verb, rest[1:])
	}
	if c, rest := meantBelow(cmd, verb, rest); c != nil {
		return c, rest
	}
	root := cmd.Root()
	known := verbs(verb, len(rest) > 0)
	if cmd == root && known != nil {
		if objects := groupNamed(root, root.Annotations[Objects]); objects != nil {
			return meantBelow(objects, verb, rest)
		}
	}
	for _, name := range known {
		if c := child(root, name); c != nil {
			return c, rest
		}
	}
	if known != nil {
		return nil, nil
	}
	return elsewhere(root, verb), rest
}

// meantBelow is the command of cmd itself that verb may mean.
func meantBelow(cmd *cobra.Command, verb string, rest []string) (*cobra.Command, []string) {
	if c := child(cmd, verb); c != nil {
		return c, rest
	}
	for _, name := range verbs(verb, len(rest) > 0) {
		if c := child(cmd, name); c != nil {
			return c, rest
		}
	}
	var names []string
	for _, c := range cmd.Commands() {
		if !c.IsAvailableCommand() {
			continue
		}
		if slices.ContainsFunc(c.SuggestFor, func(s string) bool { return strings.EqualFold(s, verb) }) {
			return c, nil // what it does takes other words
		}
		names = append(append(names, c.Name()), c.Aliases...)
	}
	if verbs(verb, false) != nil { // a word that is not a slip
		return nil, nil
	}
	return child(cmd, hint.Nearest(verb, names)), rest
}

// child is the command below cmd of this name or alias, or nil.
func child(cmd *cobra.Command, name string) *cobra.Command {
	for _, c := range cmd.Commands() {
		if name != "" && c.IsAvailableCommand() && (c.Name() == name || c.HasAlias(name)) {
			return c
		}
	}
	return nil
}

// groupNamed is the command below cmd that has commands itself and is called by this noun, as kubectl also in plural.
func groupNamed(cmd *cobra.Command, noun string) *cobra.Command {
	for _, name := range []string{noun, strings.TrimSuffix(noun, "s"), strings.TrimSuffix(noun, "es")} {
		if c := child(cmd, name); c != nil && c.HasAvailableSubCommands() {
			return c
		}
	}
	return nil
}

// groupIn is the group that words name behind a verb, as in "get instances", or nil.
func groupIn(cmd *cobra.Command, words []string) *cobra.Command {
	if len(words) < 2 {
		return nil
	}
	return groupNamed(cmd, words[1])
}

// elsewhere is the one command of the tree that has this name, or nil.
func elsewhere(root *cobra.Command, name string) *cobra.Command {
	var found []*cobra.Command
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		for _, c := range cmd.Commands() {
			if !c.IsAvailableCommand() {
				continue
			}
			if c.Name() == name || c.HasAlias(name) {
				found = append(found, c)
			}
			visit(c)
		}
	}
	visit(root)
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// explainFlag says what is wrong where a flag is not known: the word before it that is not a command, as in "get
// instances -o json", or else the flag that may have been meant.
func explainFlag(cmd *cobra.Command, err error) error {
	if words := cmd.Flags().Args(); len(words) > 0 && cmd.HasSubCommands() {
		return unknownCommand(cmd, words)
	}
	name, unknown := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !unknown {
		return err
	}
	var flags []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			flags = append(flags, f.Name)
		}
	})
	if like := hint.Nearest(name, flags); like != "" {
		return hint.Wrap(err, "did you mean --%s? See %s --help", like, cmd.CommandPath())
	}
	return err
}

// simpleWord is what every shell takes as it is, and no flag.
var simpleWord = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]*$`)
