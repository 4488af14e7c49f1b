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
	const ok, wrong = plugin.ExitOK, exitUsage
	for words, want := range map[string]int{
		"-v": ok, "-v=6": ok, "-v 6": ok, "-v6": ok, "--v=6": ok, "--v 6": ok, "-v 0": ok, "--verbose": ok, "--v": ok,
		"-v 11": wrong, "-v x": wrong, "-v=x": wrong, "-- -v 6": wrong,
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
