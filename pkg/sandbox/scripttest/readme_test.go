package scripttest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write README.md")

// about says what the scripts in a folder are about: below cmd/PROGRAM/testdata, or that itself.
func about() map[string]string {
	return map[string]string{
		"edge-sandbox":                  "The sandbox, as somebody who starts it sees it",
		"edge-sandbox/cluster":          "The sandbox with API servers, over restarts and crashes",
		"edge-sandbox/system":           "The sandbox and the real STACKIT CLI",
		"kubectl-edge/access":           "Credentials of edge clusters, as the helper gets them",
		"kubectl-edge/api":              "Commands of kubectl edge, with a sandbox each",
		"kubectl-edge/clients":          "Clients other than kubectl, with a real Kubernetes API",
		"kubectl-edge/cluster":          "The real kubectl and a real Kubernetes API",
		"kubectl-edge/edgecluster":      "Credentials of edge clusters, with signers that are real and go wrong",
		"kubectl-edge/edgecontext":      "Edge clusters in a kubeconfig, with Kubernetes APIs of their own",
		"kubectl-edge/fleet":            "Many instances, and kubeconfigs that were not ours",
		"kubectl-edge/helper":           "The helper and kubectl-edge together, in trouble",
		"kubectl-edge/linux":            "File systems that are mounted for a test",
		"kubectl-edge/login":            "Logging in",
		"kubectl-edge/login_system":     "Logging in, with a keyring or the STACKIT CLI",
		"kubectl-edge/machines":         "What programs other than kubectl use",
		"kubectl-edge/miss":             "What a miss asks of the system",
		"kubectl-edge/rollover":         "Tokens that age, roll over and are refused",
		"kubectl-edge/talos":            "talosctl, with short-lived certificates",
		"kubectl-edge_credential":       "The helper alone",
		"kubectl-edge_credential/linux": "What a hit asks of the system",
		"kubectl-sts/api":               "Commands of kubectl sts, with a StackState each",
		"kubectl-sts/cluster":           "kubectl sts with a real Kubernetes API",
	}
}

// script is one, and what it is about.
type script struct {
	path, folder, summary string
	commands              map[string]bool
}

// TestReadme compares README.md with the commands and the scripts; with -update it is written.
func TestReadme(t *testing.T) {
	scripts := readScripts(t)
	var b strings.Builder
	b.WriteString("# Script tests\n\n")
	b.WriteString("Written by `go test ./pkg/sandbox/scripttest -update`; a test compares it with the commands and " +
		"the scripts.\n")
	b.WriteString("A script prints the commands with the command `commands`.\n")
	for _, topic := range topics() {
		fmt.Fprintf(&b, "\n## %s\n\n| command | what it does | used by |\n|---|---|---|\n", topic)
		for _, c := range of(topic) {
			usage := strings.ReplaceAll(strings.TrimSpace(c.name+" "+c.usage), "|", `\|`)
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", usage, strings.ReplaceAll(c.help, "|", `\|`),
				usedBy(scripts, c.name))
		}
	}
	b.WriteString("\n# The scripts by topic\n")
	folders, seen := about(), map[string]bool{}
	for _, s := range scripts {
		if !seen[s.folder] {
			seen[s.folder] = true
			if folders[s.folder] == "" {
				t.Errorf("say in about() what the scripts below cmd/%s are about", s.folder)
			}
			fmt.Fprintf(&b, "\n## %s (%s)\n\n", folders[s.folder], s.folder)
		}
		fmt.Fprintf(&b, "- [%s](../../../%s): %s\n", strings.TrimSuffix(filepath.Base(s.path), ".txtar"), s.path,
			s.summary)
	}
	for folder := range folders {
		if !seen[folder] {
			t.Errorf("there are no scripts below cmd/%s", folder)
		}
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Error("README.md is stale: go test ./pkg/sandbox/scripttest -update")
	}
}

// usedBy says which scripts use a command, if they are few.
func usedBy(scripts []script, command string) string {
	var names []string
	for _, s := range scripts {
		if s.commands[command] {
			names = append(names, strings.TrimSuffix(filepath.Base(s.path), ".txtar"))
		}
	}
	if len(names) > 4 {
		return "many" // not how many, so that not each new script makes the page stale
	}
	return strings.Join(names, ", ")
}

// commandLine is a line of a script that calls a command, behind its conditions.
var commandLine = regexp.MustCompile(`^(?:\[[^\]]+\] )*([a-z][a-z0-9-]*)`)

func readScripts(t *testing.T) []script {
	t.Helper()
	var scripts []script
	for _, pattern := range []string{"*/testdata/*.txtar", "*/testdata/*/*.txtar"} {
		paths, err := filepath.Glob(filepath.Join("..", "..", "..", "cmd", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			scripts = append(scripts, readScript(t, path))
		}
	}
	if len(scripts) == 0 {
		t.Fatal("there are no scripts")
	}
	slices.SortFunc(scripts, func(a, b script) int {
		return strings.Compare(a.folder+"\x00"+a.path, b.folder+"\x00"+b.path)
	})
	return scripts
}

func readScript(t *testing.T, path string) script {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := script{path: filepath.ToSlash(strings.TrimPrefix(path, filepath.Join("..", "..", "..")+"/")),
		commands: map[string]bool{}}
	s.folder = strings.TrimSuffix(strings.TrimPrefix(s.path, "cmd/"), "/"+filepath.Base(path))
	s.folder = strings.TrimSuffix(strings.Replace(s.folder, "/testdata", "", 1), "/")
	text, _, _ := strings.Cut("\n"+string(data), "\n-- ") // behind which the files begin
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if comment, ok := strings.CutPrefix(line, "# "); ok && s.summary == "" {
			s.summary = comment
		} else if m := commandLine.FindStringSubmatch(line); m != nil {
			s.commands[m[1]] = true
		}
	}
	if s.summary == "" {
		t.Errorf("%s does not say in its first comment what it is about", s.path)
	}
	return s
}
