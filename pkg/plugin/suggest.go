package plugin

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Objects is the annotation of a root for the groups that a verb without a noun is about, in that order: "instance" has
// kubectl edge ls suggest kubectl edge instance list.
const Objects = "kubectl-edge/objects"

// unknownCommand is the error for words that are not a command below cmd.
func unknownCommand(cmd *cobra.Command, words []string) error {
	err := fmt.Errorf("unknown command %q for %q", words[0], cmd.CommandPath())
	name, below := strings.CutPrefix(cmd.CommandPath(), "kubectl ")
	plugin := below && !cmd.HasParent()
	about := nounIn(cmd, words)
	if plugin && about == nil && slices.Contains(kubectlOnly(), words[0]) {
		return hint.Wrap(err, "kubectl %s: without %s it is kubectl's own command", words[0], name)
	}
	likely := readings(cmd, words)
	question := hint.Question(spelled(likely)...)
	switch {
	case question == "" && about != nil && about.HasAvailableSubCommands():
		return hint.Wrap(err, "%s --help", about.CommandPath())
	case question == "" && plugin:
		if own := hint.Slip(words[0], kubectlOnly()); len(own) == 1 {
			return hint.Wrap(err, "did you mean kubectl %s? Without %s it is kubectl's own command", own[0], name)
		}
		return err
	case question == "":
		return err
	}
	kubectls := slices.Contains([]string{"get", "describe", "delete", "edit"}, words[0])
	if plugin && kubectls && about == nil && len(likely[0].args) > 0 && plain(likely[0].args) {
		question += fmt.Sprintf(" (kubectl %s %s: without %s it is kubectl's own command)", words[0], words[1], name)
	}
	return hint.Wrap(err, "%s", question)
}

// reading is a command that words may mean, and those of them that are its arguments.
type reading struct {
	cmd  *cobra.Command
	args []string
}

// spelled are readings as a person would type them, each once. Arguments that a shell would not take as they are stay
// out.
func spelled(likely []reading) []string {
	var lines []string
	for _, r := range likely {
		line := r.cmd.CommandPath()
		if len(r.args) > 0 && plain(r.args) {
			line += " " + strings.Join(r.args, " ")
		}
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

func plain(args []string) bool {
	return !slices.ContainsFunc(args, func(arg string) bool { return !simpleWord.MatchString(arg) })
}

// simpleWord is what every shell takes as it is, and no flag.
var simpleWord = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]*$`)

// readings are the commands that somebody may have meant by words below cmd, or none. What is another program's word
// for a command goes before what may be a slip, and what is below cmd before what is elsewhere.
func readings(cmd *cobra.Command, words []string) []reading {
	likely := exact(cmd, words)
	if about := nounIn(cmd, words); likely != nil || about != nil && about.HasAvailableSubCommands() {
		return likely
	}
	root := cmd.Root()
	if apart := splitWord(root, words[0]); apart != nil { // instance-list, list-instances, use-profile
		if likely := exact(root, append(apart, words[1:]...)); likely != nil {
			return likely
		}
	}
	if cmd == root {
		if likely := elsewhere(root, words, false); likely != nil {
			return likely
		}
	}
	if likely := slips(cmd, words); likely != nil {
		return likely
	}
	for _, c := range children(cmd) { // talosctl
		if more, begins := strings.CutPrefix(words[0], c.Name()); begins && len(c.Name()) > 3 && more[0] != '-' {
			return inside(c, words[1:])
		}
	}
	if likely := parts(cmd, words); likely != nil {
		return likely
	}
	if likely := elsewhere(root, words, false); likely != nil {
		return likely
	}
	return elsewhere(root, words, true)
}

// exact are the readings of words without a slip: a command of this name, or one that does what a verb of other
// programs does, also where the verb stands before the noun as in kubectl's "get instances", or stands alone.
func exact(cmd *cobra.Command, words []string) []reading {
	root, word, rest := cmd.Root(), words[0], words[1:]
	if noun := nounIn(cmd, words); noun != nil {
		if !noun.HasAvailableSubCommands() { // show status
			return []reading{{noun, rest[1:]}}
		}
		if likely := called(noun, word, rest[1:]); likely != nil {
			return likely
		}
		return slips(noun, append([]string{word}, rest[1:]...))
	}
	if likely := called(cmd, word, rest); likely != nil {
		return likely
	}
	if c := nounNamed(cmd, word); c != nil { // its plural, or singular
		return inside(c, rest)
	}
	if known := commandsFor(word, len(rest) > 0); known != nil && cmd == root {
		likely := nearNoun(root, word, rest)
		if likely != nil && begins(rest[0], likely) {
			return likely
		}
		for _, name := range strings.Fields(root.Annotations[Objects]) {
			if objects := child(root, name); objects != nil {
				if about := called(objects, word, rest); about != nil {
					return append(likely, about...)
				}
			}
		}
		if likely != nil {
			return likely
		}
	}
	for _, name := range commandsFor(word, len(rest) > 0) {
		if c := child(root, name); c != nil {
			return inside(c, rest)
		}
	}
	return nil
}

// called are the readings of a word below cmd: the command of that name, or one that does it.
func called(cmd *cobra.Command, word string, rest []string) []reading {
	if c := child(cmd, word); c != nil {
		return inside(c, rest)
	}
	for _, name := range commandsFor(word, len(rest) > 0) {
		if c := child(cmd, name); c != nil {
			return inside(c, rest)
		}
	}
	for _, c := range children(cmd) {
		if suggestedFor(c, word) {
			return []reading{{c, nil}} // what it does takes other words
		}
	}
	return nil
}

// inside are the readings of what follows the name of c: its arguments, or for a group the name of a command.
func inside(c *cobra.Command, rest []string) []reading {
	if !c.HasAvailableSubCommands() || len(rest) == 0 {
		return []reading{{c, rest}}
	}
	if likely := called(c, rest[0], rest[1:]); likely != nil {
		return likely
	}
	if likely := slips(c, rest); likely != nil {
		return likely
	}
	return []reading{{c, nil}}
}

// nearNoun are the readings of a verb before a noun with a slip in it, or before a half of one.
func nearNoun(root *cobra.Command, verb string, rest []string) (likely []reading) {
	if len(rest) == 0 {
		return nil
	}
	for _, group := range alike(root, rest[0], (*cobra.Command).HasAvailableSubCommands) {
		likely = append(likely, called(group, verb, rest[1:])...)
	}
	return likely
}

// begins reports whether word is the beginning of the name of a group of the readings.
func begins(word string, likely []reading) bool {
	return slices.ContainsFunc(likely, func(r reading) bool { return strings.HasPrefix(r.cmd.Parent().Name(), word) })
}

// slips are the readings of a word below cmd that has a slip in it, or is the beginning of a name.
func slips(cmd *cobra.Command, words []string) (likely []reading) {
	for _, c := range alike(cmd, words[0], (*cobra.Command).HasParent) {
		likely = append(likely, inside(c, words[1:])...)
	}
	deeper := slices.DeleteFunc(slices.Clone(likely), func(r reading) bool { return r.cmd.Parent() == cmd })
	if len(deeper) > 0 { // what the next word says as well
		return deeper
	}
	if likely != nil || commandsFor(words[0], false) != nil || len(words[0]) < 3 {
		return likely
	}
	var known []string
	for _, v := range verbs() {
		known = append(known, v.words...)
	}
	for _, verb := range hint.Slip(words[0], known) {
		likely = append(likely, exact(cmd, append([]string{verb}, words[1:]...))...)
	}
	return likely
}

// alike are the commands below cmd that fit and whose name or alias is like word. Several names of one command are not
// a choice.
func alike(cmd *cobra.Command, word string, fits func(*cobra.Command) bool) (likely []*cobra.Command) {
	by := map[string]*cobra.Command{}
	var names []string
	for _, c := range children(cmd) {
		if !fits(c) {
			continue
		}
		for _, name := range append([]string{c.Name()}, c.Aliases...) {
			by[name] = c
			names = append(names, name)
		}
	}
	for _, name := range hint.Alike(word, names) {
		if !slices.Contains(likely, by[name]) {
			likely = append(likely, by[name])
		}
	}
	return likely
}

// parts are the commands below cmd that have a word in their name, or one that is like it: "auth token" means
// print-access-token, "rbac lst" list-permissions.
func parts(cmd *cobra.Command, words []string) (likely []reading) {
	for _, c := range children(cmd) {
		names := strings.Split(c.Name(), "-")
		if len(names) > 1 && (strings.HasSuffix(c.Name(), "-"+words[0]) || hint.Alike(words[0], names) != nil) {
			likely = append(likely, reading{c, words[1:]})
		}
	}
	return likely
}

// splitWord is a word that is two of which each is a command or a verb, or nil.
func splitWord(root *cobra.Command, word string) []string {
	known := func(w string) bool { return commandsFor(w, false) != nil || nounNamed(root, w) != nil }
	for i := range word {
		before, after := word[:i], strings.TrimLeft(word[i:], "-_:")
		if known(before) && (known(after) || after != "" && called(nounNamed(root, before), after, nil) != nil) {
			return []string{before, after}
		}
		if after != "" && before != "" && called(nounNamed(root, after), before, nil) != nil {
			return []string{before, after}
		}
	}
	return nil
}

// children are the commands below cmd that a person may type, with that for help.
func children(cmd *cobra.Command) []*cobra.Command {
	if cmd == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(cmd.Commands()), func(c *cobra.Command) bool {
		return !c.IsAvailableCommand() && c.Name() != "help"
	})
}

// child is the command below cmd of this name or alias, or nil.
func child(cmd *cobra.Command, name string) *cobra.Command {
	for _, c := range children(cmd) {
		if strings.EqualFold(c.Name(), name) || slices.ContainsFunc(c.Aliases, func(alias string) bool {
			return strings.EqualFold(alias, name)
		}) {
			return c
		}
	}
	return nil
}

func suggestedFor(c *cobra.Command, word string) bool {
	return slices.ContainsFunc(c.SuggestFor, func(s string) bool { return strings.EqualFold(s, word) })
}

// nounNamed is the command below cmd that is called by this noun, as kubectl also in plural.
func nounNamed(cmd *cobra.Command, noun string) *cobra.Command {
	for _, name := range []string{noun, strings.TrimSuffix(noun, "s"), strings.TrimSuffix(noun, "es"), noun + "s"} {
		if c := child(cmd, name); c != nil {
			return c
		}
	}
	for _, c := range children(cmd) {
		if suggestedFor(c, noun) && !c.HasAvailableSubCommands() {
			return c
		}
	}
	return nil
}

// nounIn is the command that words name behind a verb, as in "get instances", or nil.
func nounIn(cmd *cobra.Command, words []string) *cobra.Command {
	if len(words) < 2 {
		return nil
	}
	noun := nounNamed(cmd, words[1])
	if noun != nil && !noun.HasAvailableSubCommands() && commandsFor(words[0], false) == nil {
		return nil // not a verb
	}
	return noun
}

// elsewhere are the readings of a word that is the name of one command of the tree alone, or with slip, like it.
func elsewhere(root *cobra.Command, words []string, slip bool) []reading {
	found := map[string][]reading{}
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		for _, c := range children(cmd) {
			for _, name := range append([]string{c.Name()}, c.Aliases...) {
				found[name] = append(found[name], reading{c, words[1:]})
			}
			for _, name := range c.SuggestFor {
				found[name] = append(found[name], reading{c, nil})
			}
			visit(c)
		}
	}
	visit(root)
	if !slip {
		if likely := found[strings.ToLower(words[0])]; len(likely) == 1 {
			return likely
		}
		return nil
	}
	var names []string
	for name, commands := range found {
		if len(commands) == 1 && strings.HasSuffix(name, "-"+words[0]) {
			return commands // access-token
		}
		if len(commands) == 1 && len(name) > 4 {
			names = append(names, name)
		}
	}
	if like := hint.Nearest(words[0], names); like != "" {
		return found[like]
	}
	return nil
}
