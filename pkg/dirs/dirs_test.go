package dirs_test

import (
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
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
	if got, err := dirs.For("p"); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	// The specification has relative paths ignored; and what is not set is not made up.
	for _, folder := range []string{"", "relative"} {
		t.Setenv("XDG_RUNTIME_DIR", folder)
		xdg.Reload()
		if got, err := dirs.For("p"); err != nil || got.Runtime != "" {
			t.Errorf("XDG_RUNTIME_DIR=%q: got %q, %v, want none", folder, got.Runtime, err)
		}
	}
}

// With a home folder, the folders are those of github.com/adrg/xdg, whatever its variables say.
func TestForIsXDG(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Cleanup(xdg.Reload)
	for _, value := range []string{
		"", "/absolute", "/with//two/../dots/", "relative", ".", "~", "~/tilde", "~name", "$HOME", "$HOME/of/home",
		"$HOMELESS", "${HOME}/braces", " ", "/with a space", "x~/y",
	} {
		for _, variable := range []string{"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"} {
			t.Setenv(variable, value)
		}
		xdg.Reload()
		want := dirs.Dirs{
			Config: filepath.Join(xdg.ConfigHome, "p"), State: filepath.Join(xdg.StateHome, "p"),
			Cache: filepath.Join(xdg.CacheHome, "p"),
		}
		got, err := dirs.For("p")
		got.Runtime = ""
		if err != nil || got != want {
			t.Errorf("%q: got %+v, %v, want %+v", value, got, err, want)
		}
	}
}

// Without a usable $HOME the folders lie below the home folder that the user database names, and neither below the
// current folder, which may be anybody's, nor below /.
func TestForWithoutHome(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // where $HOME says nothing
	}
	u, err := user.LookupId(strconv.Itoa(os.Getuid()))
	for _, home := range []string{"", ".", "relative/home"} {
		t.Setenv("HOME", home)
		for _, variable := range []string{"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"} {
			t.Setenv(variable, "")
		}
		xdg.Reload()
		t.Cleanup(xdg.Reload)
		got, errFor := dirs.For("p")
		if err != nil { // a user without an entry, as in some containers
			if errFor == nil || !strings.Contains(errFor.Error(), "$HOME") {
				t.Errorf("HOME=%q: got %+v, %v, want an error about $HOME", home, got, errFor)
			}
			continue
		}
		for _, dir := range []string{got.Config, got.State, got.Cache} {
			if !strings.HasPrefix(dir, filepath.Clean(u.HomeDir)+string(filepath.Separator)) {
				t.Errorf("HOME=%q: got %q, want it below %s: %v", home, dir, u.HomeDir, errFor)
			}
		}
	}
}

// In a runtime folder that others can write to, nothing is put.
func TestLent(t *testing.T) {
	base := t.TempDir()
	runtimeFolder := filepath.Join(base, "run")
	d := dirs.Dirs{Cache: filepath.Join(base, "cache"), Runtime: filepath.Join(runtimeFolder, "p")}
	inCache, inRuntime := filepath.Join(d.Cache, "each"), filepath.Join(d.Runtime, "each")
	if got := d.Lent("each"); got != inCache {
		t.Errorf("without a runtime folder: got %s", got)
	}
	if err := os.Mkdir(runtimeFolder, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := d.Lent("each"); got != inRuntime {
		t.Errorf("got %s, want %s", got, inRuntime)
	}
	if runtime.GOOS == "windows" {
		return // which has no modes
	}
	if err := os.Chmod(runtimeFolder, 0o777); err != nil {
		t.Fatal(err)
	}
	if got := d.Lent("each"); got != inCache {
		t.Errorf("in a folder that others can write to: got %s, want %s", got, inCache)
	}
}
