package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReference holds docs/commands.md against the commands, their flags and defaults.
func TestReference(t *testing.T) {
	programs, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != markdown(programs) {
		t.Error("docs/commands.md is not what the commands say; run: make docs")
	}
}

// TestComplete holds both against what the programs themselves print with --help: each command, flag and default.
func TestComplete(t *testing.T) {
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin, "../../cmd/...").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	programs, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	page := markdown(programs)
	flag := regexp.MustCompile(`(?m)^ +(?:-\w, +)?--([\w-]+)`)
	flags := 0
	for _, p := range programs {
		for _, c := range p.all() {
			words := strings.Fields(c.name)
			if words[0] == "kubectl" {
				words = append([]string{"kubectl-" + words[1]}, words[2:]...)
			}
			out, err := exec.Command(filepath.Join(bin, words[0]), append(words[1:], "--help")...).Output()
			if err != nil {
				t.Fatalf("%v: %v", words, err)
			}
			help := string(out)
			man := manPage(c, p, "2026-01-31", "v1")
			_, section, found := strings.Cut(page+"\n##", "# "+c.name+"\n")
			section, _, _ = strings.Cut(section, "\n##")
			if !found {
				t.Errorf("%s has no section", c.name)
			}
			own, _, _ := strings.Cut(help, "\nGlobal Flags:")
			for _, f := range flag.FindAllStringSubmatch(own[strings.LastIndex(own, "Flags:\n")+1:], -1) {
				if name := f[1]; name != "help" && !(name == "version" && len(p.below) > 0) {
					flags++
					if !strings.Contains(section, "--"+name) || !strings.Contains(man, roff("--"+name)) {
						t.Errorf("%s --%s is in --help, and not in the page or the man page", c.name, name)
					}
				}
			}
			for _, d := range regexp.MustCompile(`\(default ([^:)\]]+)\)`).FindAllStringSubmatch(own, -1) {
				standard := strings.Trim(d[1], `"`)
				inPage := strings.Contains(section, "`"+standard+"`") || strings.Contains(section, d[0])
				if !inPage || !strings.Contains(man, roff(d[0])) {
					t.Errorf("%s: %s is in --help, and not in the page or the man page", c.name, d[0])
				}
			}
		}
	}
	if flags < 100 {
		t.Errorf("found %d flags: the test looks for the wrong thing", flags)
	}
}

// TestRoff checks that text reaches the reader as it is.
func TestRoff(t *testing.T) {
	for in, want := range map[string]string{
		".dot": `\&.dot`, "'quote": `\&\(aqquote`, `a\b`: `a\eb`, "--all": `\-\-all`, "~/x": `\(ti/x`,
	} {
		if got := line(in); got != want {
			t.Errorf("line(%q) is %q, want %q", in, got, want)
		}
	}
}

// TestTroubleshooting holds docs/troubleshooting.md against the code: every hint is explained, and nothing else is.
func TestTroubleshooting(t *testing.T) {
	all, err := themes()
	if err != nil {
		t.Fatal(err)
	}
	found, err := hintsInCode("../..")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 100 {
		t.Errorf("found %d hints: the test looks for the wrong thing", len(found))
	}
	for _, m := range missing(all, found) {
		t.Errorf("%s: troubles.txt does not explain it", m)
	}
	source := sources(t, "../..")
	for _, theme := range all {
		for _, trouble := range theme.troubles {
			if len(trouble.meaning) < 20 {
				t.Errorf("%q: no meaning", trouble.hints)
			}
			for _, text := range append(trouble.hints, trouble.errors...) {
				for part := range strings.SplitSeq(text, "…") {
					if part = strings.Trim(part, " :,"); len(part) > 3 && !strings.Contains(source, part) {
						t.Errorf("troubles.txt has %q, and the code has no %q", text, part)
					}
				}
			}
		}
	}
	want, err := troubleshooting("../..")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile("../../docs/troubleshooting.md"); err != nil || string(got) != want {
		t.Errorf("docs/troubleshooting.md is not what the code says; run: make docs (%v)", err)
	}
}

// TestHintsOfScripts holds the page against the hints that the scripts of all programs want to see.
func TestHintsOfScripts(t *testing.T) {
	all, err := themes()
	if err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, theme := range all {
		for _, trouble := range theme.troubles {
			known = append(known, trouble.hints...)
		}
	}
	scripts, err := filepath.Glob("../../cmd/*/testdata/*/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, script := range scripts {
		data, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`'\^?hint: ([^'\n]+)'`).FindAllStringSubmatch(string(data), -1) {
			text := strings.TrimSuffix(match[1], "$")
			if strings.Contains(text, ".*") {
				continue // a pattern
			}
			count++
			if !slices.ContainsFunc(known, func(h string) bool { return begins(h, text) }) {
				t.Errorf("%s prints a hint that troubles.txt does not explain: %s", script, text)
			}
		}
	}
	if count == 0 {
		t.Error("no script prints a hint: the test looks for the wrong thing")
	}
}

// begins reports whether text may be a hint of that form, or its beginning, which is what scripts often look for.
func begins(form, text string) bool {
	first, rest, more := strings.Cut(form, "…")
	switch {
	case !more:
		return strings.HasPrefix(form, text) || form == text
	case first == "": // its second part says which hint it is
		second, _, _ := strings.Cut(rest, "…")
		return strings.TrimSpace(second) != "" && strings.Contains(text, second)
	}
	return strings.HasPrefix(text, first) || strings.HasPrefix(first, text)
}

// sources is the text of the code, with texts that are broken over lines put together.
func sources(t *testing.T, root string) string {
	t.Helper()
	var b strings.Builder
	for _, folder := range []string{"cmd", "pkg", "plugins"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
				return err
			}
			data, err := os.ReadFile(path)
			b.Write(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	joined := regexp.MustCompile(`" ?\+\s+"`).ReplaceAllString(b.String(), "")
	return shown(strings.ReplaceAll(joined, `\"`, `"`))
}

// handedOn are the files that give an error the hint that another one had.
var handedOn = []string{"pkg/mint/mint.go", "pkg/stackit/patience.go"}

// missing are the hints in the code that no entry explains.
func missing(all []*theme, found []hinted) (list []string) {
	for _, h := range found {
		if explains(all, h) == nil && !(h.constructed && slices.Contains(handedOn, h.file)) {
			list = append(list, fmt.Sprintf("%s:%d: error: %s, hint: %s", h.file, h.line, h.err, h.hint))
		}
	}
	return list
}
