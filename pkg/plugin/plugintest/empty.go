package plugintest

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// EmptyValues gives each flag of each command of a plugin an empty value and a blank one, and wants errors in usage
// that name the flag. It returns the flags that may be empty, each as "COMMAND --FLAG".
func EmptyValues(t *testing.T, grow func(plugin.Process) plugin.Tree, usage int) (exceptions []string) {
	t.Helper()
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"} {
		t.Setenv(name, t.TempDir())
	}
	var walk func(*cobra.Command, []string)
	walk = func(cmd *cobra.Command, path []string) {
		check := func(f *pflag.Flag) {
			if plugin.MayBeEmpty(f) {
				exceptions = append(exceptions, strings.Join(append(path, "--"+f.Name), " "))
				return
			}
			if f.Value.Type() == "bool" {
				return
			}
			for _, value := range []string{"", " "} {
				var out bytes.Buffer
				p := plugin.Process{
					IOStreams: genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &out},
					Getenv:    func(string) string { return "" }, Environ: func() []string { return nil },
					Now: time.Now,
				}
				args := append(append([]string{}, path...), "--"+f.Name+"="+value)
				if code := plugin.Run(t.Context(), p, grow(p), args); code != usage ||
					!strings.Contains(out.String(), "--"+f.Name) {
					t.Errorf("%q: exit code %d: %s", args, code, out.String())
				}
			}
		}
		if cmd.Runnable() {
			cmd.LocalFlags().VisitAll(check)
			cmd.InheritedFlags().VisitAll(check)
		}
		for _, sub := range cmd.Commands() {
			walk(sub, append(append([]string{}, path...), sub.Name()))
		}
	}
	walk(grow(plugin.Process{Getenv: func(string) string { return "" }}).Command, nil)
	return exceptions
}
