//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// What doctor, status and audit say has colours and symbols on a terminal whose user wants them. The words are the
// same without, and what programs read never has any.
func TestColours(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	kubeconfig := `apiVersion: v1
kind: Config
clusters:
- {name: c, cluster: {server: "https://example.com"}}
users:
- {name: "evil\e[2J", user: {token: hunter2hunter2hunter2}}
- {name: ended, user: {token: eyJhbGciOiJub25lIn0.eyJleHAiOjF9.c2lnbmF0dXJl}}
contexts:
- {name: x, context: {cluster: c, user: ended}}
`
	if err := os.WriteFile(filepath.Join(p.env.WorkDir, "others.yaml"), []byte(kubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	sequence := regexp.MustCompile(`\x1b\[\d*m`)
	for command, marks := range map[string][]string{
		"doctor": {"\x1b[32m✓ ok   \x1b[0m login",
			"\x1b[33m! warn \x1b[0m secrets", "\x1b[2m- skip \x1b[0m "},
		"status":                       {"\x1b[32m✓ \x1b[0mLogged in as:", "\x1b[33m! \x1b[0mSecrets:", "  Profile:"},
		"status --check":               {"\x1b[32m✓ \x1b[0mCheck:"},
		"kubeconfig audit others.yaml": {"  FILE", "\x1b[31m✗ \x1b[0mothers.yaml", "\x1b[2m- \x1b[0mothers.yaml"},
		"kubeconfig audit -o wide others.yaml --no-headers": {"\x1b[31m✗ \x1b[0mothers.yaml"},
	} {
		shows := func(environment, redirect string) []string {
			r := p.onTerminal("sh", "-c", "stty cols 1000; "+environment+" kubectl-edge "+command+redirect)
			r.ends()
			var lines []string
			for _, line := range r.lines() {
				// what differs from call to call: times and their distances
				lines = append(lines, regexp.MustCompile(`\d+m?s\b|in \d+h\d+m`).ReplaceAllString(line, "-"))
			}
			return lines
		}
		coloured := shows("", "")
		for _, mark := range marks {
			if !strings.Contains(strings.Join(coloured, "\n"), mark) {
				t.Errorf("%s: there is no %q in\n%q", command, mark, coloured)
			}
		}
		plain := shows("", " 2>&1 | cat")
		if text := strings.Join(plain, "\n"); strings.Contains(text, "\x1b") || strings.Contains(text, "✓") {
			t.Errorf("%s: a pipe gets colours: %q", command, text)
		}
		for _, environment := range []string{"NO_COLOR=1", "CLICOLOR=0", "TERM=dumb", "NO_COLOR=1 CLICOLOR_FORCE=1"} {
			if got := shows(environment, ""); !slices.Equal(got, plain) && command != "status" {
				t.Errorf("%s %s shows\n%q\nwant\n%q", environment, command, got, plain)
			}
		}
		forced := shows("CLICOLOR_FORCE=1", " 2>&1 | cat")
		if !sequence.MatchString(strings.Join(forced, "\n")) {
			t.Errorf("%s: CLICOLOR_FORCE forces nothing: %q", command, forced)
		}
		words := func(lines []string) []string {
			var words []string
			for _, line := range lines {
				line = sequence.ReplaceAllString(line, "")
				line = strings.NewReplacer("✓", "", "✗", "", "! ", "", "- ", "").Replace(line)
				words = append(words, strings.Fields(line)...)
			}
			return words
		}
		if got, want := words(forced), words(plain); !slices.Equal(got, want) {
			t.Errorf("%s says with colours\n%q\nand without\n%q", command, got, want)
		}
	}
	for _, command := range []string{"doctor -o json", "status -o json", "kubeconfig audit -o json others.yaml",
		"kubeconfig audit -o sarif others.yaml"} {
		r := p.onTerminal("sh", "-c", "CLICOLOR_FORCE=1 kubectl-edge "+command+" 2>/dev/null")
		if r.ends(); !json.Valid(r.all.Bytes()) || strings.Contains(r.all.String(), "\x1b") {
			t.Errorf("%s: %q", command, r.all.String())
		}
	}
}

// On a narrow terminal doctor's words stay whole, behind the column in which they begin.
func TestDoctorFolds(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	r := p.onTerminal("sh", "-c", "kubectl-edge doctor | cat")
	r.ends()
	whole := strings.Fields(strings.Join(r.lines(), " "))
	const next = "on a machine with a keyring: kubectl edge config rotate-key"
	for _, environment := range []string{"", "NO_COLOR=1"} {
		r := p.onTerminal("sh", "-c", "stty cols 60; "+environment+" kubectl-edge doctor")
		r.ends()
		var words []string
		for _, line := range r.lines() {
			line = regexp.MustCompile(`\x1b\[\d*m`).ReplaceAllString(line, "")
			command := strings.HasPrefix(strings.TrimSpace(line), "next: ") // which is to be pasted as a whole
			if utf8.RuneCountInString(line) > 60 && len(strings.Fields(line)) > 1 && !command {
				t.Errorf("%q is longer than the terminal", line)
			}
			if strings.Contains(line, "rotate-key") && !strings.HasSuffix(line, " next: "+next) {
				t.Errorf("%q is not %q as a whole", line, next)
			}
			words = append(words, strings.Fields(strings.TrimLeft(line, "✓✗!- "))...)
		}
		for _, word := range whole {
			if !slices.Contains(words, word) {
				t.Errorf("%s: there is no word %q in %q", environment, word, words)
			}
		}
	}
}
