// Package dirs names the per-user folders of our programs, after the XDG Base Directory Specification.
package dirs

import (
	"cmp"
	"os"
	"path/filepath"
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

// Lent is a folder for files of a kind that are there for as long as a program needs them: in memory where the system
// has a folder for that.
func (d Dirs) Lent(kind string) string { return filepath.Join(cmp.Or(d.Runtime, d.Cache), kind) }
