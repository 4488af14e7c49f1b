//go:build system && !windows

package docs_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/environment"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/server"
)

// row is a row of a table of migration.md: what is in code in each column.
type row [3][]string

// rows are those of the table below a heading.
func rows(t *testing.T, heading string) (list []row) {
	t.Helper()
	_, section, _ := strings.Cut(page(t, "migration.md"), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	code := regexp.MustCompile("`([^`]+)`")
	for _, line := range regexp.MustCompile("(?m)^\\| `[a-z]+ .*$").FindAllString(section, -1) {
		var r row
		for i, cell := range strings.Split(strings.Trim(line, "|"), "|") {
			for _, match := range code.FindAllStringSubmatch(cell, -1) {
				r[i] = append(r[i], match[1])
			}
		}
		list = append(list, r)
	}
	if len(list) < 10 {
		t.Fatalf("found %d rows below %q: the test looks for the wrong thing", len(list), heading)
	}
	return list
}

var long = regexp.MustCompile(`--[a-z][a-z-]+`)

// helpOf returns the help of the command that a call of a page calls, and fails if there is no such command, or if it
// does not have a flag that the call has. Both kinds of program answer an unknown command with the help of the one
// above.
func helpOf(t *testing.T, env []string, call string) string {
	t.Helper()
	name, _, _ := strings.Cut(call, " -")
	args := strings.Fields(name)
	shown := args
	if args[0] == "kubectl" {
		args = append([]string{"kubectl-" + args[1]}, args[2:]...)
	}
	cmd := exec.Command(args[0], append(args[1:], "--help")...)
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s --help: %v\n%s", name, err, out)
	}
	help := string(out)
	_, usage, _ := strings.Cut(strings.Replace(help, "USAGE\n", "Usage:\n", 1), "Usage:\n")
	usage, _, _ = strings.Cut(usage, "\n\n")
	// What is behind the command are its arguments: project-id, for one.
	for words := shown; ; words = words[:len(words)-1] {
		if len(words) < 2 {
			t.Errorf("there is no command %s: its help is\n%s", call, help)
			break
		}
		line := regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(strings.Join(words, " ")) + `( (.*))?$`)
		found := line.FindStringSubmatch(usage)
		if found == nil {
			continue
		}
		if len(words) < len(shown) && !regexp.MustCompile(`^\[?[A-Z]{3}`).MatchString(found[2]) {
			t.Errorf("%s: %s takes no argument", call, strings.Join(words, " "))
		}
		break
	}
	for _, flag := range long.FindAllString(call, -1) {
		if !strings.Contains(help, flag+" ") {
			t.Errorf("%s: there is no %s", call, flag)
		}
	}
	return help
}

// people returns an environment with the programs of a page, in which nobody's own files are.
func people(t *testing.T) []string {
	t.Helper()
	srv, err := server.Start(server.Options{Plans: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	dir := t.TempDir()
	env, err := environment.New(dir, scripttest.StackitCLI(t), os.Environ(), srv)
	if err != nil {
		t.Fatal(err)
	}
	for _, variable := range env.Environ() {
		if path, ok := strings.CutPrefix(variable, "PATH="); ok {
			t.Setenv("PATH", path) // exec.Command looks there
		}
	}
	return append(env.Environ(), "KEY="+filepath.Join(dir, "service-account-key.json"))
}

// TestMigrationFromTheSTACKITCLI holds the table against the real CLI and ours, both ways: what it names is there, with
// its flags, and whatever the CLI has for Edge Cloud is in the table.
func TestMigrationFromTheSTACKITCLI(t *testing.T) {
	env := people(t)
	table := rows(t, "From the STACKIT CLI")
	inTable := map[string]bool{}
	for _, r := range table {
		name, _, _ := strings.Cut(r[0][0], " --")
		inTable[name] = true
		helpOf(t, env, r[0][0])
		if len(r[1]) == 0 {
			continue
		}
		help := helpOf(t, env, r[1][0])
		for _, text := range r[2] {
			if strings.HasPrefix(text, "--") && !strings.Contains(help, text+" ") {
				t.Errorf("%s has no %s", r[1][0], text)
			}
		}
	}
	available := regexp.MustCompile(`(?ms)^AVAILABLE COMMANDS\n(.*?)\n\n`)
	var walk func(name string) int
	walk = func(name string) int {
		below := available.FindStringSubmatch(helpOf(t, env, name))
		if below == nil {
			if !inTable[name] {
				t.Errorf("the CLI has %s, and the table does not", name)
			}
			return 1
		}
		count := 0
		for _, line := range strings.Split(below[1], "\n") {
			count += walk(name + " " + strings.Fields(line)[0])
		}
		return count
	}
	if count := walk("stackit beta edge-cloud") + walk("stackit auth"); count < 10 {
		t.Errorf("found %d commands of the CLI: the test looks for the wrong thing", count)
	}

	// What the list below the table says of flags.
	for ours, theirs := range map[string]string{
		"kubectl edge instance create --output --yes --no-wait": "stackit beta edge-cloud instance create " +
			"--output-format --assume-yes --async",
		"kubectl edge kubeconfig create --kubeconfig --output --overwrite --expiration --name --instance-id": "" +
			"stackit beta edge-cloud kubeconfig create --filepath --disable-writing --overwrite --expiration " +
			"--name --id",
	} {
		helpOf(t, env, theirs)
		helpOf(t, env, ours)
	}
}

// TestMigrationOfJSON holds what the page says of -o json: the same items, in a list of Kubernetes instead of an array.
func TestMigrationOfJSON(t *testing.T) {
	env := people(t)
	run := func(words ...string) []byte {
		t.Helper()
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Env = env
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%q: %v\n%s", words, err, out)
		}
		return out
	}
	key := variable(env, "KEY")
	run("stackit", "auth", "activate-service-account", "--service-account-key-path", key)
	run("kubectl-edge", "login", "--service-account-key", key)
	fields := map[string]string{
		"stackit project list":                  "projectId",
		"stackit beta edge-cloud plans list":    "id",
		"stackit beta edge-cloud instance list": "id",
	}
	table := rows(t, "From the STACKIT CLI")
	for call, field := range fields {
		i := slices.IndexFunc(table, func(r row) bool { return r[0][0] == call })
		if i < 0 {
			t.Fatalf("the table has no %s", call)
		}
		ours := strings.Fields(strings.Replace(table[i][1][0], "kubectl edge", "kubectl-edge", 1))
		id := []string{"--project-id", variable(env, "EDGE_SANDBOX_PROJECT_ID")}
		var array []map[string]any
		theirs := append(strings.Fields(call), "--output-format", "json")
		if err := json.Unmarshal(run(append(theirs, id...)...), &array); err != nil {
			t.Fatalf("%s: %v", call, err)
		}
		var list struct {
			Kind  string
			Items []map[string]any
		}
		if err := json.Unmarshal(run(append(append(ours, "-o", "json"), id...)...), &list); err != nil {
			t.Fatalf("%q: %v", ours, err)
		}
		items := list.Items
		ids := func(objects []map[string]any) []any {
			got := map[any]bool{}
			for _, o := range objects {
				got[o[field]] = true
			}
			return slices.SortedFunc(maps.Keys(got), func(x, y any) int {
				return strings.Compare(x.(string), y.(string))
			})
		}
		if !strings.HasSuffix(list.Kind, "List") || len(array) == 0 || !slices.Equal(ids(array), ids(items)) {
			t.Errorf("%s has %v, and %q has kind %s, %v", call, ids(array), ours, list.Kind, ids(items))
		}
		for name := range array[0] {
			if _, ok := items[0][name]; !ok {
				t.Errorf("an item of %q has no field %s, which that of %s has", ours, name, call)
			}
		}
	}
}

// variable returns a variable of an environment.
func variable(env []string, name string) string {
	for _, v := range env {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// TestMigrationFromSts holds the table against ours: the words are those of sts. The real sts is not there to be asked;
// its commands and flags are those of its source.
func TestMigrationFromSts(t *testing.T) {
	env := people(t)
	for _, r := range rows(t, "From sts") {
		if strings.HasPrefix(r[1][0], "kubectl sts run ") {
			helpOf(t, env, "kubectl sts run")
			for _, call := range r[0] { // sts alone has these: it is said how to run it
				cmd := exec.Command("kubectl-sts", strings.Fields(call)[1:]...)
				cmd.Env = env
				out, err := cmd.CombinedOutput()
				if err == nil || !strings.Contains(string(out), "hint: kubectl sts run -- "+call) ||
					!strings.Contains(string(out), "--pass-through") {
					t.Errorf("kubectl %s: %v\n%s", call, err, out)
				}
			}
			continue
		}
		if len(r[0]) != 1 || len(r[1]) != 1 || r[1][0] != "kubectl "+r[0][0] {
			t.Errorf("%q became %q: the page says that the words are the same", r[0], r[1])
		}
		help := helpOf(t, env, r[1][0])
		for _, text := range r[2] {
			if flag := long.FindString(text); flag != "" && !strings.Contains(help, flag+" ") {
				t.Errorf("%s has no %s", r[1][0], flag)
			}
		}
	}
}
