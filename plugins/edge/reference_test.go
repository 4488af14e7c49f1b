package edge

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "write docs/commands.md")

// TestReference holds docs/commands.md against the commands and their flags.
func TestReference(t *testing.T) {
	root := newRootCmd(Process{})
	var b strings.Builder
	b.WriteString("# Commands of kubectl edge\n\nWritten from the commands themselves by `go test ./plugins/edge " +
		"-update`.\n")
	fmt.Fprintf(&b, "\nFlags of every command:\n\n%s", flagTable(root.PersistentFlags()))
	walk(root, func(c *cobra.Command) {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", c.CommandPath(), strings.TrimSpace(longer(c)))
		if c.Example != "" {
			fmt.Fprintf(&b, "\n```console\n%s\n```\n", outdent(c.Example))
		}
		if table := flagTable(c.LocalNonPersistentFlags()); table != "" {
			fmt.Fprintf(&b, "\n%s", table)
		}
	})
	const path = "../../docs/commands.md"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Errorf("%s is not what the commands say; run: go test ./plugins/edge -update", path)
	}
}

func TestCommandsExplainThemselves(t *testing.T) {
	walk(newRootCmd(Process{}), func(c *cobra.Command) {
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: short help %q", c.CommandPath(), c.Short)
		}
		for _, line := range strings.Split(c.Example, "\n") {
			if line != "" && !strings.HasPrefix(line, "  ") {
				t.Errorf("%s: example line %q is not indented", c.CommandPath(), line)
			}
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s --%s has no help", c.CommandPath(), f.Name)
			}
		})
	})
}

func walk(c *cobra.Command, visit func(*cobra.Command)) {
	for _, child := range c.Commands() {
		if child.Hidden || child.Name() == "help" || child.Name() == "completion" {
			continue
		}
		if len(child.Commands()) == 0 {
			visit(child)
		}
		walk(child, visit)
	}
}

func longer(c *cobra.Command) string {
	switch {
	case c.Long == "":
		return c.Short + "."
	case strings.Contains(c.Long, "\n  "): // a list in columns
		return "```text\n" + strings.TrimSpace(c.Long) + "\n```"
	default:
		return c.Long
	}
}

func outdent(s string) string {
	return strings.ReplaceAll(strings.TrimPrefix(s, "  "), "\n  ", "\n")
}

func flagTable(flags *pflag.FlagSet) string {
	var b strings.Builder
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		if b.Len() == 0 {
			b.WriteString("| flag | meaning |\n|---|---|\n")
		}
		name := "`--" + f.Name + "`"
		if f.Shorthand != "" {
			name = "`-" + f.Shorthand + "`, " + name
		}
		fmt.Fprintf(&b, "| %s | %s |\n", name, strings.ReplaceAll(f.Usage, "|", "\\|"))
	})
	return b.String()
}
