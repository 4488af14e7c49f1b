// Package dirs names the per-user folders of our programs, after the XDG Base Directory Specification.
package dirs

import (
	"cmp"
	"os"
	"path/filepath"

	"github.com/adrg/xdg"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Dirs are the folders of one program. None of them has to exist.
type Dirs struct {
	Config  string // what the user configured; no secrets
	State   string // sessions and sealed secrets
	Cache   string // what can be fetched again
	Runtime string // as Cache, but in memory and gone at logout; "" where the system has no such folder
}

// For returns the folders of the program of this name for the current user. Where $HOME is not an absolute path they
// lie below the home folder that the user database names, never below the current folder or /. It is an error if there
// is none.
func For(program string) (Dirs, error) {
	base := Dirs{Config: xdg.ConfigHome, State: xdg.StateHome, Cache: xdg.CacheHome}
	if !homeIsSet() {
		var err error
		if base, err = belowUserHome(); err != nil {
			nowhere := filepath.Join(os.DevNull, program) // nothing can be read or made there, unlike in ""
			return Dirs{Config: nowhere, State: nowhere, Cache: nowhere}, err
		}
	}
	d := Dirs{
		Config: filepath.Join(base.Config, program),
		State:  filepath.Join(base.State, program),
		Cache:  filepath.Join(base.Cache, program),
	}
	// Not xdg.RuntimeDir: where the variable is unset it falls back to a folder on disk.
	if runtime := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(runtime) {
		d.Runtime = filepath.Join(runtime, program)
	}
	return d, nil
}

// belowUserHome are the folders that xdg would name if $HOME were right.
func belowUserHome() (Dirs, error) {
	home := userHome()
	var missing bool
	folder := func(variable string, below string) string {
		if path := os.Getenv(variable); filepath.IsAbs(path) {
			return path
		}
		missing = missing || home == ""
		return filepath.Join(home, below)
	}
	d := Dirs{
		Config: folder("XDG_CONFIG_HOME", configBelow),
		State:  folder("XDG_STATE_HOME", stateBelow),
		Cache:  folder("XDG_CACHE_HOME", cacheBelow),
	}
	if missing {
		return Dirs{}, hint.Wrap(errNoHome, "%s", setHome)
	}
	return d, nil
}

// Lent is a folder for files of a kind that are there for as long as a program needs them: in memory where the system
// has a folder for that.
func (d Dirs) Lent(kind string) string { return filepath.Join(cmp.Or(d.Runtime, d.Cache), kind) }
