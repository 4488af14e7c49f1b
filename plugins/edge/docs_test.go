package edge

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentedCommands checks that every kubectl edge in README.md and docs/ names a command and flags that exist.
func TestDocumentedCommands(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	typed := regexp.MustCompile("(?m)^ *\\$ (kubectl edge [^#|<>\n]*)|`(kubectl edge [^`|<>]*)`")
	commands := 0
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		// Hints are sentences with commands in them; they are written from the code.
		text = regexp.MustCompile("(?m)^- (hint|error): .*$").ReplaceAll(text, nil)
		for _, match := range typed.FindAllStringSubmatch(string(text), -1) {
			words := strings.Fields(match[1] + match[2])[2:]
			if len(words) > 0 && (words[0] == "…" || words[0] == "...") {
				continue
			}
			commands++
			cmd, args, err := newRootCmd(Process{}).Find(words)
			if err != nil {
				t.Errorf("%s: %s: %v", page, match[0], err)
				continue
			}
			if err := cmd.ParseFlags(args); err != nil {
				t.Errorf("%s: %s: %v", page, match[0], err)
			} else if cmd.HasSubCommands() && len(cmd.Flags().Args()) > 0 {
				t.Errorf("%s: %s: no such command", page, match[0])
			}
		}
	}
	if commands < 30 {
		t.Errorf("found %d commands: the test looks for the wrong thing", commands)
	}
}
