package dirs_test

import (
	"path/filepath"
	"testing"

	"github.com/adrg/xdg"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
)

func TestFor(t *testing.T) {
	base := t.TempDir()
	at := func(name string) string { return filepath.Join(base, name) }
	for variable, name := range map[string]string{
		"XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache", "XDG_RUNTIME_DIR": "runtime",
	} {
		t.Setenv(variable, at(name))
	}
	xdg.Reload()
	t.Cleanup(xdg.Reload)
	want := dirs.Dirs{
		Config: filepath.Join(at("config"), "p"), State: filepath.Join(at("state"), "p"),
		Cache: filepath.Join(at("cache"), "p"), Runtime: filepath.Join(at("runtime"), "p"),
	}
	if got := dirs.For("p"); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	// The specification has relative paths ignored; and what is not set is not made up.
	for _, runtime := range []string{"", "relative"} {
		t.Setenv("XDG_RUNTIME_DIR", runtime)
		xdg.Reload()
		if got := dirs.For("p").Runtime; got != "" {
			t.Errorf("XDG_RUNTIME_DIR=%q: got %q, want none", runtime, got)
		}
	}
}
