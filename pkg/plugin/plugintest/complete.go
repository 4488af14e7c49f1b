package plugintest

import (
	"context"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// EveryFlagCompletes checks that shells complete the value of each flag below root with words or files, but for those
// of free, by command and name, for which nothing at all is offered; and that they do not offer files for arguments
// that are no files.
func EveryFlagCompletes(t *testing.T, root *cobra.Command, free map[string]bool) {
	t.Helper()
	root.SetContext(context.Background())
	unused := map[string]bool{}
	for name := range free {
		unused[name] = true
	}
	var visit func(cmd *cobra.Command, path string)
	visit = func(cmd *cobra.Command, path string) {
		cmd.SetContext(root.Context())
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			name := strings.TrimPrefix(path+" "+f.Name, " ")
			delete(unused, name)
			if f.Value.Type() != "bool" {
				checkFlag(t, cmd, f, name, free[name])
			}
		})
		if !cmd.HasSubCommands() && cmd.ValidArgsFunction == nil && !cmd.DisableFlagParsing &&
			!strings.Contains(cmd.Use, "PROGRAM") && !strings.Contains(cmd.Use, "[-- COMMAND") &&
			!strings.Contains(cmd.Use, "-ARGUMENTS") {
			t.Errorf("%s: its arguments complete to files", cmd.CommandPath())
		}
		for _, c := range cmd.Commands() {
			if c.Name() != "help" && c.Name() != "completion" && !c.Hidden {
				visit(c, strings.TrimPrefix(path+" "+c.Name(), " "))
			}
		}
	}
	visit(root, "")
	for name := range unused {
		t.Errorf("no flag %q", name)
	}
}

func checkFlag(t *testing.T, cmd *cobra.Command, f *pflag.Flag, name string, free bool) {
	t.Helper()
	complete, ok := cmd.GetFlagCompletionFunc(f.Name)
	if !ok {
		t.Errorf("%s --%s is not completed: its values, files, or that it is free text", cmd.CommandPath(), f.Name)
		return
	}
	words, directive := complete(cmd, nil, "")
	nothing := len(words) == 0 && directive == cobra.ShellCompDirectiveNoFileComp
	if free && !nothing {
		t.Errorf("%s --%s is completed, and in the list of free text", cmd.CommandPath(), f.Name)
	}
	if !free && nothing && !asked(f.Name) {
		t.Errorf("%s --%s completes to nothing: name %q in the list of free text if it is", cmd.CommandPath(), f.Name,
			name)
	}
}

// asked are the flags whose values depend on what is configured, which is nothing here. Scripts test them.
func asked(flag string) bool {
	switch flag {
	case "profile", "project-id", "instance", "context", "kube-context", "instance-id", "name", "plan-id", "cluster":
		return true
	}
	return false
}
