package main

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestExamples holds the examples of every command against the commands: each command has one that calls it, and what
// examples call is there, with the flags that they give. The helper has none: what it shows as its usage is a call.
func TestExamples(t *testing.T) {
	programs, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, p := range programs {
		for _, c := range p.all() {
			found := callsOf(programs, c.examples)
			for _, call := range found {
				calls++
				if problem := call.check(); problem != "" {
					t.Errorf("an example of %s: %s: %s", c.name, strings.Join(call.words, " "), problem)
				}
			}
			own := func(call call) bool { return call.command == c }
			switch {
			case len(c.below) > 0 || c.name == "kubectl-edge_credential":
			case c.examples == "":
				t.Errorf("%s has no example", c.name)
			case c.name != "kubectl edge credential" && !slices.ContainsFunc(found, own):
				t.Errorf("no example of %s calls it:\n%s", c.name, c.examples)
			}
			if before, _, found := strings.Cut(c.synopsis, "-- "); found && strings.HasSuffix(c.synopsis, "[flags]") {
				t.Errorf("%s has its flags behind the --, where they are another program's: %s… %s", c.name, before,
					c.synopsis)
			}
		}
	}
	if calls < 100 {
		t.Errorf("found %d calls: the test looks for the wrong thing", calls)
	}
}

// call is a command that an example calls, with what is behind its name.
type call struct {
	command *command
	words   []string
}

var (
	comment   = regexp.MustCompile(`(?m)(^|\s)#.*$`)
	inQuotes  = regexp.MustCompile(`'[^']*'|"[^"$]*"`)
	flagWord  = regexp.MustCompile(`^--?[a-z]`)
	separator = regexp.MustCompile(`\|+|&&|;|\$\(|\)|\n|<|>`)
)

// callsOf are the calls of our commands in a text for a shell.
func callsOf(programs []*command, text string) (list []call) {
	text = strings.ReplaceAll(comment.ReplaceAllString(text, ""), "\\\n", " ")
	text = inQuotes.ReplaceAllString(text, "QUOTED")
	for _, line := range separator.Split(text, -1) {
		words := strings.Fields(line)
		for len(words) > 0 && strings.Contains(words[0], "=") {
			words = words[1:] // a variable for this call
		}
		if len(words) > 0 {
			plugin, _ := strings.CutPrefix(filepath.Base(words[0]), "kubectl-") // called as a program
			if slices.ContainsFunc(programs, func(p *command) bool { return p.name == "kubectl "+plugin }) {
				words = append([]string{"kubectl", plugin}, words[1:]...)
			}
		}
		for _, p := range programs {
			if name := strings.Fields(p.name); len(words) >= len(name) && slices.Equal(words[:len(name)], name) {
				list = append(list, called(p, words[len(name):]))
			}
		}
	}
	return list
}

func called(c *command, words []string) call {
	for len(words) > 0 {
		i := slices.IndexFunc(c.below, func(b *command) bool { return b.name == c.name+" "+words[0] })
		if i < 0 {
			break
		}
		c, words = c.below[i], words[1:]
	}
	return call{c, words}
}

// check returns what is wrong with a call, or "".
func (c call) check() string {
	if len(c.command.below) > 0 && len(c.words) > 0 && !strings.HasPrefix(c.words[0], "-") {
		return "no such command"
	}
	root := c.command
	for root.above != nil {
		root = root.above
	}
	for _, word := range c.words {
		if word == "--" {
			break
		}
		name, _, _ := strings.Cut(word, "=")
		known := func(f option) bool {
			return name == "--"+f.name || f.short != "" && strings.HasPrefix(name, "-"+f.short) && name[1] != '-'
		}
		if flagWord.MatchString(word) && !slices.ContainsFunc(c.command.flags, known) &&
			!slices.ContainsFunc(root.flags, known) && name != "--version" && name != "--help" {
			return "no flag " + name
		}
	}
	return ""
}

// TestExamplesAreChecked plays what the check of examples is to find.
func TestExamplesAreChecked(t *testing.T) {
	programs, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	for text, good := range map[string]bool{
		"kubectl edge instance list -o json | jq":                          true,
		"# kubectl edge nothing\nkubectl edge instance list --nothing":     false,
		"kubectl edge instance lost":                                       false,
		"X=1 kubectl edge each --all \\\n  -- get nodes --nothing":         true,
		"x=$(kubectl edge token create --name demo --expiration 1d) && ls": true,
		"x=$(kubectl edge token create --nam demo)":                        false,
		"kubectl sts context save --url 'https://a b' -q":                  false,
	} {
		calls := callsOf(programs, text)
		if len(calls) != 1 {
			t.Errorf("%q has %d calls", text, len(calls))
			continue
		}
		if problem := calls[0].check(); (problem == "") != good {
			t.Errorf("%q: %q", text, problem)
		}
	}
}
