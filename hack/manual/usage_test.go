package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/plugins/edge"
	"github.com/kubectl-edge/kubectl-edge/plugins/edgesandbox"
	"github.com/kubectl-edge/kubectl-edge/plugins/sts"
)

// Every command that is called in a wrong way says in one line why, and what to do next, and prints nothing else.
func TestWrongCallsSayWhatIsNext(t *testing.T) {
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"} {
		t.Setenv(name, t.TempDir())
	}
	tried := 0
	for _, grow := range []func(plugin.Process) *cobra.Command{
		func(p plugin.Process) *cobra.Command { return edge.Tree(p).Command },
		func(p plugin.Process) *cobra.Command { return sts.Tree(p).Command },
		func(p plugin.Process) *cobra.Command {
			return edgesandbox.Root(buildinfo.Info{}, p.In, p.Out, p.ErrOut)
		},
	} {
		for _, path := range paths(grow(plugin.Process{Getenv: noVariable, Now: time.Now})) {
			for _, wrong := range wrongly(t, grow(plugin.Process{Getenv: noVariable, Now: time.Now}), path) {
				var out, errOut bytes.Buffer
				root := grow(plugin.Process{
					IOStreams: genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &errOut},
					Getenv:    noVariable, Now: time.Now,
				})
				root.SetArgs(slices.Concat(path, wrong))
				err := root.ExecuteContext(t.Context())
				switch call := root.Name() + " " + strings.Join(slices.Concat(path, wrong), " "); {
				case err == nil:
					t.Errorf("%s: no error", call)
				case hint.Of(err) == "", strings.Contains(err.Error(), "\n"), strings.HasSuffix(err.Error(), " "),
					out.Len() > 0, errOut.Len() > 0:
					t.Errorf("%s: error %q, hint %q; it wrote %q and %q", call, err, hint.Of(err), &out, &errOut)
				}
				tried++
			}
		}
	}
	if tried < 300 {
		t.Errorf("only %d calls were tried", tried)
	}
}

func noVariable(string) string { return "" }

// paths are the words that lead to each command below root.
func paths(root *cobra.Command) (all [][]string) {
	all = append(all, nil)
	for _, c := range root.Commands() {
		if c.Hidden || c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		for _, path := range paths(c) {
			all = append(all, slices.Concat([]string{c.Name()}, path))
		}
	}
	return all
}

// wrongly are ways in which no command can be called, without one that would do something.
func wrongly(t *testing.T, root *cobra.Command, path []string) (calls [][]string) {
	t.Helper()
	cmd, _, err := root.Find(path)
	if err != nil {
		t.Fatal(err)
	}
	if cmd.DisableFlagParsing {
		return nil // what it is called with is another program's
	}
	calls = append(calls, []string{"--no-such-flag"})
	if words := strings.Fields("a b c d e f"); cmd.Args != nil && cmd.Args(cmd, words) != nil {
		calls = append(calls, words)
	}
	if flag := cmd.Flag("output"); flag != nil && flag.Shorthand == "o" {
		calls = append(calls, []string{"-o", "nosuch"})
	}
	return calls
}
