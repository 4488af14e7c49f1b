package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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
