// Package dirs names the per-user folders of our programs, after the XDG Base Directory Specification.
package dirs

import (
	"os"
	"path/filepath"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
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
	base, err := ofUser()
	if err != nil {
		nowhere := filepath.Join(os.DevNull, program) // nothing can be read or made there, unlike in ""
		return Dirs{Config: nowhere, State: nowhere, Cache: nowhere}, err
	}
	d := Dirs{
		Config: filepath.Join(base.Config, program),
		State:  filepath.Join(base.State, program),
		Cache:  filepath.Join(base.Cache, program),
	}
	// None where the variable is unset: no other folder is in memory and gone at logout.
	if runtime := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(runtime) {
		d.Runtime = filepath.Join(runtime, program)
	}
	return d, nil
}

// Lent is a folder for files of a kind that need not outlast the session. It is in the runtime folder (memory, gone at
// logout) where that is the user's own, and else in the cache folder: in one that others can write to, they could put
// a folder of theirs in its place.
func (d Dirs) Lent(kind string) string {
	if d.Runtime != "" && securefile.CheckDir(filepath.Dir(d.Runtime)) == nil {
		return filepath.Join(d.Runtime, kind)
	}
	return filepath.Join(d.Cache, kind)
}
