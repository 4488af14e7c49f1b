package scripttest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// command is one that scripts have. None can be negated.
type command struct {
	topic    topic
	usage    string // its arguments
	help     string
	min, max int // how many arguments it takes
	run      func(ts *testscript.TestScript, w *World, args []string) error
}

// many is a number of arguments that no script has.
const many = 1 << 20

// topic is what a group of commands is about.
type topic string

const (
	running    topic = "Running programs"
	files      topic = "Files"
	counts     topic = "Counting"
	serving    topic = "The sandbox"
	clusters   topic = "Edge clusters"
	secret     topic = "Secrets"
	tokenCache topic = "Credentials and the cache"
	helpers    topic = "The helper at work"
	stackState topic = "StackState"
)

// topics are in the order in which they are listed.
func topics() []topic {
	return []topic{running, files, counts, serving, clusters, tokenCache, helpers, secret, stackState}
}

// table is the dialect.
func table() map[string]command {
	all := map[string]command{
		"commands": {running, "", "prints this list", 0, 0, printCommands},
	}
	for _, some := range []map[string]command{
		runningCommands(), fileCommands(), countCommands(), servingCommands(), clusterCommands(), cacheCommands(),
		helperCommands(), secretCommands(), stackStateCommands(), systemCommands(),
	} {
		maps.Copy(all, some)
	}
	return all
}

// systemCommands are those that look at Linux.
func systemCommands() map[string]command {
	return map[string]command{
		"keyring": {secret, "real|locked|silent|none",
			"gives the script a D-Bus session of its own, with a Secret Service that is " +
				"real (gnome-keyring), locked, silent (it never answers) or none", 1, 1, keyring},
		"hit": {helpers, "[calls=N] ARGUMENT…", "runs the helper below strace, and checks that it answers without " +
			"network, lock or other programs, writes no more than the answer and one small record, and makes N " +
			"system calls about files", 1, many, hit},
		"orphaned": {helpers, "ARGUMENT…", "kills the client of the helper while that waits for somebody who mints, " +
			"and returns when the helper has ended", 1, many, orphaned},
		"shares": {helpers, "TOKEN ARGUMENT…",
			"has the token of the arguments minted while the helper runs: it has to wait for " +
				"that, and to answer with it", 2, many, shares},
	}
}

// commands are those of the table, as testscript wants them.
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	cmds := map[string]func(*testscript.TestScript, bool, []string){}
	for name, c := range table() {
		cmds[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			if neg || len(args) < c.min || len(args) > c.max {
				ts.Fatalf("usage: %s %s, without !: %s", name, c.usage, c.help)
			}
			ts.Check(c.run(ts, worldOf(ts), args))
		}
	}
	return cmds
}

// named is a command with its name.
type named struct {
	name string
	command
}

// of returns the commands of a topic in the order of their names.
func of(t topic) []named {
	var out []named
	for name, c := range table() {
		if c.topic == t {
			out = append(out, named{name, c})
		}
	}
	slices.SortFunc(out, func(a, b named) int { return cmp.Compare(a.name, b.name) })
	return out
}

// printCommands writes the list on stdout.
func printCommands(ts *testscript.TestScript, _ *World, _ []string) error {
	for _, t := range topics() {
		fmt.Fprintf(ts.Stdout(), "%s\n", t)
		for _, c := range of(t) {
			fmt.Fprintf(ts.Stdout(), "  %s\n      %s\n", strings.TrimSpace(c.name+" "+c.usage), c.help)
		}
	}
	return nil
}
