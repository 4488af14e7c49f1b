package edgesandbox

import (
	"flag"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

var update = flag.Bool("update", false, "write the table of commands in docs/sandbox.md")

// commands returns all commands that do something, by their operations.
func commands() map[string][]*cobra.Command {
	found := map[string][]*cobra.Command{}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, pattern := range strings.Split(c.Annotations[annotation], "\n") {
			found[pattern] = append(found[pattern], c)
		}
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(Root(buildinfo.Info{}, nil, io.Discard, io.Discard))
	delete(found, "")
	return found
}

// membersOf are the JSON names of a body's members.
func membersOf(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			names = append(names, membersOf(f.Type)...)
		case name != "-":
			names = append(names, name)
		}
	}
	return names
}

// TestOperationsHaveCommands holds the operations of the control address against the commands: each has one, which can
// set each member of its body, and no others.
func TestOperationsHaveCommands(t *testing.T) {
	found := commands()
	for _, o := range sandbox.Operations() {
		cmds := found[o.Pattern]
		delete(found, o.Pattern)
		if len(cmds) == 0 {
			t.Errorf("no command does %s", o.Pattern)
			continue
		}
		if o.Body == nil || reflect.TypeOf(o.Body).Kind() == reflect.Map {
			continue
		}
		want := membersOf(reflect.TypeOf(o.Body))
		for _, cmd := range cmds {
			got := strings.Fields(cmd.Annotations["takes"])
			cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
				if f.Name != "output" && f.Name != "help" {
					got = append(got, memberOf(f))
				}
			})
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s sets %q, and %s takes %q", cmd.CommandPath(), got, o.Pattern, want)
			}
		}
	}
	for pattern := range found {
		t.Errorf("a command does %s, which is not an operation", pattern)
	}
}

// TestOperationsOnThePage holds the table in docs/sandbox.md against the commands.
func TestOperationsOnThePage(t *testing.T) {
	const path = "../../docs/sandbox.md"
	const begin, end = "| command | request | what it does |\n|---|---|---|\n", "\n\n"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(page), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no table of commands", path)
	}
	var rows []string
	found := commands()
	for _, o := range sandbox.Operations() {
		for _, cmd := range found[o.Pattern] {
			use := strings.TrimPrefix(cmd.UseLine(), cmd.Root().Name()+" ")
			use = strings.TrimSpace(strings.ReplaceAll(use, "[flags]", ""))
			request := strings.TrimSuffix(o.Pattern, "{$}")
			rows = append(rows, "| `"+use+"` | `"+request+"` | "+cmd.Short+" |")
		}
	}
	want := strings.Join(rows, "\n")
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != want {
		t.Errorf("%s is not what the commands say; run: go test ./plugins/edgesandbox -update", path)
	}
}

// TestCommandsExplainThemselves holds for all commands but those that only have others.
func TestCommandsExplainThemselves(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: short help %q", c.CommandPath(), c.Short)
		}
		if !c.HasSubCommands() && c.Name() != "version" && !strings.HasPrefix(c.Example, "  edge-sandbox ") {
			t.Errorf("%s: example %q", c.CommandPath(), c.Example)
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s --%s has no help", c.CommandPath(), f.Name)
			}
		})
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(Root(buildinfo.Info{}, nil, io.Discard, io.Discard))
}

// What clients called things is not obeyed by the terminal of who lists them.
func TestListsArePrintable(t *testing.T) {
	const hostile = `"a\u001b]0;x\u0007\nb\u202e\u009b"`
	table := columns("NAME", func(item map[string]any) []any { return []any{item["name"]} })
	for name, c := range map[string]struct {
		write  func(io.Writer, []byte) error
		answer string
	}{
		"columns": {table, `[{"name":` + hostile + `}]`},
		"members": {members("name"), `{"name":` + hostile + `}`},
		"lines":   {lines, `[` + hostile + `]`},
	} {
		var out strings.Builder
		if err := c.write(&out, []byte(c.answer)); err != nil {
			t.Fatal(err)
		}
		if want := "a\ufffd]0;x\ufffd\ufffdb\ufffd\ufffd\n"; strings.TrimPrefix(out.String(), "NAME\n") != want {
			t.Errorf("%s: %q, want %q", name, out.String(), want)
		}
	}
}
