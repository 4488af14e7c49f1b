// Package github_test holds what is below .github against the repository.
package github_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

const root = "../.."

func load(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("found no %s (%v)", pattern, err)
	}
	return paths
}

// TestDependabot: each module, each npm folder and each action is looked after, and nothing that is gone.
func TestDependabot(t *testing.T) {
	var config struct {
		Updates []struct {
			Ecosystem   string   `yaml:"package-ecosystem"`
			Directories []string `yaml:"directories"`
		} `yaml:"updates"`
	}
	load(t, ".github/dependabot.yml", &config)
	got := map[string][]string{}
	for _, u := range config.Updates {
		got[u.Ecosystem] = append(got[u.Ecosystem], u.Directories...)
	}
	folders := func(patterns ...string) (list []string) {
		for _, pattern := range patterns {
			for _, path := range glob(t, pattern) {
				folder, err := filepath.Rel(root, filepath.Dir(path))
				if err != nil {
					t.Fatal(err)
				}
				list = append(list, strings.TrimSuffix("/"+filepath.ToSlash(folder), "."))
			}
		}
		slices.Sort(list)
		return list
	}
	for ecosystem, want := range map[string][]string{
		"gomod":          folders("go.mod", "hack/*/go.mod"),
		"npm":            folders("hack/*/package.json"),
		"github-actions": append([]string{"/"}, folders(".github/actions/*/action.yaml")...),
	} {
		slices.Sort(got[ecosystem])
		if !slices.Equal(got[ecosystem], want) {
			t.Errorf("dependabot.yml looks after %s in %q, and there are %q", ecosystem, got[ecosystem], want)
		}
	}
}

// ours are our own scripts in a step.
var ours = regexp.MustCompile(`\bhack/[\w./-]+\.sh\b`)

type workflow struct {
	Permissions any `yaml:"permissions"`
	Concurrency struct {
		Group string `yaml:"group"`
	} `yaml:"concurrency"`
	Jobs map[string]struct {
		Timeout     int               `yaml:"timeout-minutes"`
		Permissions map[string]string `yaml:"permissions"`
		Steps       []struct {
			Uses string            `yaml:"uses"`
			With map[string]string `yaml:"with"`
			Run  string            `yaml:"run"`
		} `yaml:"steps"`
	} `yaml:"jobs"`
}

// TestWorkflows: what actionlint does not ask for. A workflow may do no more than it needs, and runs no code that could
// change under it.
func TestWorkflows(t *testing.T) {
	mayWrite := map[string][]string{
		"release.yaml release":   {"attestations", "contents", "id-token", "packages"},
		"codeql.yaml analyze":    {"security-events"},
		"scorecard.yaml analyze": {"id-token", "security-events"},
	}
	for _, path := range glob(t, ".github/workflows/*.yaml") {
		name := filepath.Base(path)
		var w workflow
		load(t, filepath.Join(".github/workflows", name), &w)
		if permissions, ok := w.Permissions.(map[string]any); !ok || len(permissions) > 1 ||
			len(permissions) == 1 && permissions["contents"] != "read" {
			t.Errorf("%s: the permissions of all its jobs are %v, want none, or contents: read", name, w.Permissions)
		}
		if w.Concurrency.Group == "" {
			t.Errorf("%s has no concurrency group", name)
		}
		for id, job := range w.Jobs {
			if job.Timeout == 0 {
				t.Errorf("%s: job %s has no time limit", name, id)
			}
			var writes []string
			for what, access := range job.Permissions {
				if access == "write" {
					writes = append(writes, what)
				}
			}
			slices.Sort(writes)
			if want := mayWrite[name+" "+id]; !slices.Equal(writes, want) {
				t.Errorf("%s: job %s may write %q, want %q", name, id, writes, want)
			}
			for _, step := range job.Steps {
				if strings.HasPrefix(step.Uses, "actions/checkout@") && step.With["persist-credentials"] != "false" {
					t.Errorf("%s: job %s leaves the checkout's token to the steps that follow", name, id)
				}
				for _, script := range ours.FindAllString(step.Run, -1) {
					if _, err := os.Stat(filepath.Join(root, script)); err != nil {
						t.Errorf("%s: job %s runs %s: %v", name, id, script, err)
					}
				}
				// Text from outside in a script is code:
				// https://docs.github.com/actions/concepts/security/script-injections
				if strings.Contains(step.Run, "${{") {
					t.Errorf("%s: job %s has an expression in a script: %q", name, id, step.Run)
				}
			}
		}
	}
}

// TestActionsArePinned: a tag can be moved, a commit cannot. The comment is what dependabot reads and writes.
func TestActionsArePinned(t *testing.T) {
	uses := regexp.MustCompile(`(?m)^\s*-?\s*uses:\s*(.*)$`)
	pinned := regexp.MustCompile(`^[\w.-]+(/[\w.-]+)+@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$`)
	versions := map[string]string{}
	found := 0
	for _, path := range append(glob(t, ".github/workflows/*.yaml"), glob(t, ".github/actions/*/action.yaml")...) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range uses.FindAllStringSubmatch(string(data), -1) {
			found++
			parts := pinned.FindStringSubmatch(strings.TrimSpace(match[1])) // Git may have made it Windows' line ends
			if parts == nil {
				t.Errorf("%s: %q is not pinned as OWNER/NAME@COMMIT # vX.Y.Z", path, match[1])
				continue
			}
			if was := versions[parts[2]]; was != "" && was != parts[3] {
				t.Errorf("%s: %s is %s and %s", path, parts[2], was, parts[3])
			}
			versions[parts[2]] = parts[3]
		}
	}
	if found < 10 {
		t.Errorf("found %d actions: the test looks for the wrong thing", found)
	}
}
