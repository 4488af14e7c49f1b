// Package dirs names the per-user folders of our programs, after the XDG Base Directory Specification.
package dirs

import (
	"os"
	"path/filepath"

	"github.com/adrg/xdg"
)

// Dirs are the folders of one program. None of them has to exist.
type Dirs struct {
	Config  string // what the user configured; no secrets
	State   string // sessions and sealed secrets
	Cache   string // what can be fetched again
	Runtime string // as Cache, but in memory and gone at logout; "" where the system has no such folder
}

// For returns the folders of the program of this name for the current user.
func For(program string) Dirs {
	d := Dirs{
		Config: filepath.Join(xdg.ConfigHome, program),
		State:  filepath.Join(xdg.StateHome, program),
		Cache:  filepath.Join(xdg.CacheHome, program),
	}
	// Not xdg.RuntimeDir: where the variable is unset it falls back to a folder on disk.
	if runtime := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(runtime) {
		d.Runtime = filepath.Join(runtime, program)
	}
	return d
}
