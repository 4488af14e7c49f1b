// Package docs_test holds the pages for maintainers against the tree.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is where the paths in the pages start.
const root = ".."

var quoted = regexp.MustCompile("`([^`\n]+)`")

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestMap checks that every package is in the map of the rooms, and nothing else is.
func TestMap(t *testing.T) {
	mapped := map[string]int{}
	for line := range strings.Lines(page(t, "architecture.md")) {
		if room, ok := strings.CutPrefix(line, "| `"); ok {
			name, noun, _ := strings.Cut(room, "` | ")
			if strings.HasPrefix(name, "pkg/") || strings.HasPrefix(name, "plugins/") {
				if !strings.HasSuffix(name, "/") && !strings.Contains(name, ".") {
					mapped[name]++
					if len(noun) < 10 {
						t.Errorf("%s has no noun", name)
					}
				}
			}
		}
	}
	for name, times := range mapped {
		if times != 1 {
			t.Errorf("%s is in the map %d times", name, times)
		}
	}
	for _, folder := range []string{"pkg", "plugins"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			if d.Name() == "testdata" {
				return fs.SkipDir
			}
			files, err := filepath.Glob(filepath.Join(path, "*.go"))
			if len(files) > 0 {
				name, _ := filepath.Rel(root, path)
				name = filepath.ToSlash(name)
				if mapped[name] == 0 {
					t.Errorf("docs/architecture.md has no line about %s", name)
				}
				delete(mapped, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range mapped {
		t.Errorf("docs/architecture.md has a line about %s, which is not there", name)
	}
}

// TestFiles checks that each file and folder that a page for maintainers names is there. One that somebody is to make
// has NAME in its name, or "(new)" behind it; then its folder is.
func TestFiles(t *testing.T) {
	found := 0
	for _, name := range []string{"architecture.md", "../CONTRIBUTING.md"} {
		for line := range strings.Lines(page(t, name)) {
			for _, match := range quoted.FindAllStringSubmatchIndex(line, -1) {
				path := strings.TrimSuffix(line[match[2]:match[3]], "…")
				top, _, _ := strings.Cut(path, "/")
				switch top {
				case "cmd", "plugins", "pkg", "hack", "docs", "krew", "Makefile", "go.mod", "staticcheck.conf":
				default:
					continue
				}
				if strings.ContainsAny(path, " *{") {
					continue // a command or a pattern
				}
				found++
				if strings.Contains(path, "NAME") || strings.HasPrefix(line[match[1]:], " (new)") {
					path = filepath.Dir(path)
				}
				if _, err := os.Stat(filepath.Join(root, path)); err != nil {
					t.Errorf("%s names %s: %v", name, path, err)
				}
			}
		}
	}
	if found < 60 {
		t.Errorf("found %d paths: the test looks for the wrong thing", found)
	}
}
