package docs_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// sites are the hosts that pages link to. A link to another one is either a mistake or worth a line here.
var sites = []string{
	"docs.stackit.cloud", "github.com", "go.dev", "goteleport.com", "keepachangelog.com", "kubernetes.io",
	"pinniped.dev",
	"pkg.go.dev", "semver.org",
}

var (
	fence  = regexp.MustCompile("(?ms)^```.*?^```[^\n]*$|^~~~.*?^~~~[^\n]*$")
	code   = regexp.MustCompile("`[^`\n]*`")
	link   = regexp.MustCompile(`!?\[[^\]]*\]\(([^)\s]+)(?:\s"[^"]*")?\)`)
	source = regexp.MustCompile(`(?:src|srcset|href)="([^"]+)"`)
	title  = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *#*$`)
	bare   = regexp.MustCompile(`<(https?://[^>]+)>`)
)

// markdownFiles are all pages of the repository.
func markdownFiles(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard",
		"*.md").Output()
	if err != nil {
		t.Fatal(err)
	}
	files := strings.Fields(string(out))
	if len(files) < 15 {
		t.Fatalf("found %d pages: the test looks for the wrong thing", len(files))
	}
	return files
}

// TestLinks checks that links in pages lead somewhere: to files of the repository, to headings in them, and outside to
// known sites only, by https.
func TestLinks(t *testing.T) {
	found := 0
	for _, name := range markdownFiles(t) {
		text := fence.ReplaceAllString(page(t, filepath.Join(root, name)), "")
		var targets []string
		for _, pattern := range []*regexp.Regexp{link, source, bare} {
			for _, match := range pattern.FindAllStringSubmatch(code.ReplaceAllString(text, "`"), -1) {
				targets = append(targets, match[1])
			}
		}
		for _, target := range targets {
			found++
			if problem := check(t, name, target); problem != "" {
				t.Errorf("%s links to %s: %s", name, target, problem)
			}
		}
	}
	if found < 100 {
		t.Errorf("found %d links: the test looks for the wrong thing", found)
	}
}

// check returns what is wrong with a link in the page called name, or "".
func check(t *testing.T, name, target string) string {
	t.Helper()
	u, err := url.Parse(target)
	switch {
	case err != nil:
		return err.Error()
	case u.Scheme != "" && u.Scheme != "https":
		return "want https"
	case u.Host != "" && !slices.Contains(sites, u.Host):
		return "not one of the sites in links_test.go"
	case u.Host != "":
		return ""
	case strings.HasPrefix(u.Path, "/"):
		return "want a path from the page's folder"
	}
	file := filepath.Join(root, name)
	if u.Path != "" {
		file = filepath.Join(filepath.Dir(file), filepath.FromSlash(u.Path))
	}
	if inside, err := filepath.Rel(root, file); err != nil || !filepath.IsLocal(inside) {
		return "outside of the repository"
	}
	info, err := os.Stat(file)
	if err != nil {
		return "no such file"
	}
	if u.Fragment == "" {
		return ""
	}
	if info.IsDir() || !strings.HasSuffix(file, ".md") {
		return "only pages have headings"
	}
	if !slices.Contains(anchors(page(t, file)), u.Fragment) {
		return "no such heading"
	}
	return ""
}

// anchors are what GitHub makes of the headings of a page: lower case, hyphens for spaces, no punctuation, and a number
// behind those that are there already.
func anchors(text string) []string {
	var list []string
	seen := map[string]int{}
	for _, match := range title.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		heading := link.ReplaceAllStringFunc(match[1], func(s string) string {
			text, _, _ := strings.Cut(strings.TrimLeft(s, "!["), "]")
			return text
		})
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, heading)
		if n := seen[name]; n > 0 {
			list = append(list, name+"-"+string(rune('0'+n)))
		} else {
			list = append(list, name)
		}
		seen[name]++
	}
	return list
}

// TestCodeFits wants lines in blocks of code that can be read where GitHub shows them without moving them to the left,
// unless it is one word that makes them wide: an address, or an action with its commit. What programs print stays as
// it is.
func TestCodeFits(t *testing.T) {
	word := regexp.MustCompile(`\S{60}`)
	generated := []string{"docs/commands.md", "docs/troubleshooting.md", "pkg/sandbox/scripttest/README.md"}
	for _, name := range markdownFiles(t) {
		if slices.Contains(generated, name) {
			continue
		}
		text := page(t, filepath.Join(root, name))
		for _, at := range fence.FindAllStringIndex(text, -1) {
			block, more := text[at[0]:at[1]], false
			for i, line := range strings.Split(block, "\n") {
				command := more || strings.HasPrefix(line, "$ ")
				if more = command && strings.HasSuffix(line, `\`); strings.HasPrefix(block, "```console") && !command {
					continue // what a program prints
				}
				if columns := len([]rune(line)); columns > 110 && !word.MatchString(line) {
					t.Errorf("%s:%d has %d columns, more than 110: %s", name, 1+i+strings.Count(text[:at[0]], "\n"),
						columns, line)
				}
			}
		}
	}
}

// TestTablesHaveHeads: a table without names for its columns begins with an empty line.
func TestTablesHaveHeads(t *testing.T) {
	empty := regexp.MustCompile(`(?m)^\|( *\|)+$`)
	for _, name := range markdownFiles(t) {
		if empty.MatchString(page(t, filepath.Join(root, name))) {
			t.Errorf("%s has a table whose first line is empty", name)
		}
	}
}

// TestLinksAreChecked plays what the check is to find.
func TestLinksAreChecked(t *testing.T) {
	for target, good := range map[string]bool{
		"login.md": true, "login.md#clusters": true, "#nowhere": false, "login.md#nowhere": false, "nothing.md": false,
		"../README.md": true, "../../x.md": false, "https://github.com/x": true, "http://github.com/x": false,
		"https://example.invalid": false, "/docs/login.md": false, "https://a b": false, "examples/argocd": true,
	} {
		if problem := check(t, "docs/sts.md", target); (problem == "") != good {
			t.Errorf("%s: %q", target, problem)
		}
	}
	got := anchors("# A `b`: c, d?\n\n```\n# no\n```\n## Twice\n## Twice\n## [x](y.md) z\n")
	if want := []string{"a-b-c-d", "twice", "twice-1", "x-z"}; !slices.Equal(got, want) {
		t.Errorf("anchors: %q, want %q", got, want)
	}
}
