// Package scratch makes folders for files that another program is to read and that must not stay: they are removed when
// the command ends, and by the next one where it could not end by itself.
package scratch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/oslock"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

const (
	prefix   = "run-"
	lockName = "lock"
	// young is how old a folder without a lock must be to be left over: its maker may be about to lock it.
	young = time.Minute
)

// Folder is a folder of this process alone.
type Folder struct {
	path string
	lock *os.File
}

// New makes a folder below parent, which is made if need be and must be the user's own, and removes what dead processes
// have left there.
func New(parent string) (*Folder, error) {
	if err := securefile.MakeDir(parent); err != nil {
		return nil, fmt.Errorf("make a folder for temporary files: %w", err)
	}
	sweep(parent)
	path, err := os.MkdirTemp(parent, prefix)
	if err != nil {
		return nil, fmt.Errorf("make a folder for temporary files: %w", err)
	}
	lock, err := securefile.OpenMine(filepath.Join(path, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = oslock.Try(lock)
	}
	f := &Folder{path, lock}
	if err != nil { // nobody could tell when it is left over
		f.Remove()
		return nil, fmt.Errorf("make a folder for temporary files: %w", err)
	}
	return f, nil
}

// Write writes a file that the user alone can read, and returns its path.
func (f *Folder) Write(name string, data []byte) (path string, err error) {
	path = filepath.Join(f.path, name)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	_, err = file.Write(data)
	if errClose := file.Close(); err == nil {
		err = errClose
	}
	return path, err
}

// Remove removes the folder with all that is in it.
func (f *Folder) Remove() {
	if f.lock != nil {
		_ = f.lock.Close() // Windows removes no open file
	}
	_ = os.RemoveAll(f.path) // what is left, the next process removes
}

// sweep removes the folders whose processes have died.
func sweep(parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if path := filepath.Join(parent, entry.Name()); strings.HasPrefix(entry.Name(), prefix) && abandoned(path) {
			_ = os.RemoveAll(path)
		}
	}
}

// abandoned reports whether nobody holds the lock of a folder.
func abandoned(path string) bool {
	lock, err := securefile.OpenMine(filepath.Join(path, lockName), os.O_RDWR, 0)
	if err != nil {
		info, errStat := os.Lstat(path)
		return errStat == nil && os.IsNotExist(err) && time.Since(info.ModTime()) > young
	}
	defer lock.Close()
	return oslock.Try(lock) == nil
}
