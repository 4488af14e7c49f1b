package plugintest

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// Suggests runs a plugin with wrong words, and wants its hint to be what they have in the table.
func Suggests(t *testing.T, grow func(plugin.Process) plugin.Tree, usage int, table map[string]string) {
	t.Helper()
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"} {
		t.Setenv(name, t.TempDir())
	}
	for words, want := range table {
		var out bytes.Buffer
		p := plugin.Process{
			IOStreams: genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &out},
			Getenv:    func(string) string { return "" }, Environ: func() []string { return nil }, Now: time.Now,
		}
		code := plugin.Run(t.Context(), p, grow(p), strings.Fields(words))
		_, got, _ := strings.Cut(strings.TrimSuffix(out.String(), "\n"), "\nhint: ")
		if got != want || code != usage {
			t.Errorf("%s: exit code %d, hint %q, want %d, %q", words, code, got, usage, want)
		}
	}
}
