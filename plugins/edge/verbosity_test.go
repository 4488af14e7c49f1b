package edge

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// TestVerbosity: a person types kubectl's levels in all the ways that kubectl takes.
func TestVerbosity(t *testing.T) {
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"} {
		t.Setenv(name, t.TempDir())
	}
	for words, want := range map[string]int{
		"-v": plugin.ExitOK, "-v=6": plugin.ExitOK, "-v 6": plugin.ExitOK, "-v6": plugin.ExitOK, "--v=6": plugin.ExitOK, "--v 6": plugin.ExitOK, "-v 0": plugin.ExitOK,
		"--verbose": plugin.ExitOK, "--v": plugin.ExitOK,
		"-v 11": exitUsage, "-v x": exitUsage, "-v=x": exitUsage, "-- -v 6": exitUsage,
	} {
		for _, line := range []string{"cache path " + words, words + " cache path"} {
			if strings.HasPrefix(line, "-- ") {
				continue // what follows is no command
			}
			var out bytes.Buffer
			p := plugin.Process{
				IOStreams: genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &out},
				Getenv:    func(string) string { return "" }, Environ: func() []string { return nil }, Now: time.Now,
			}
			if code := plugin.Run(t.Context(), p, Tree(p), strings.Fields(line)); code != want {
				t.Errorf("%s: exit code %d, want %d: %s", line, code, want, out.String())
			}
		}
	}
}
