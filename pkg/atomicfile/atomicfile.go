// Package atomicfile replaces files so that a reader, or a crash at any point, sees the old content or the new one.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// TempPrefix starts the name of every temporary file of Write, so that what a crash left behind can be swept.
const TempPrefix = ".tmp-"

// Write replaces path by a file with data and exactly the mode perm: a temporary file in the same folder, synced, then
// renamed. A symlink at path itself is replaced, not followed: resolve it first where that is wanted. The functions of
// prepare are called with the temporary file while it is still 0600, to give it another owner, say.
func Write(path string, data []byte, perm fs.FileMode, prepare ...func(*os.File) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), TempPrefix+filepath.Base(path)+"-*") // CreateTemp makes it 0600
	if err != nil {
		if failed, ok := errors.AsType[*fs.PathError](err); ok {
			failed.Op, failed.Path = "write", path // the temporary file's name says nothing to anybody
		}
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	for _, p := range prepare {
		if err := p(f); err != nil {
			return err
		}
	}
	if err := f.Chmod(perm); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	return nil
}

// Sweep removes what writers of path left behind that were killed. The caller keeps others from writing path meanwhile.
func Sweep(path string) error {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		number, ok := strings.CutPrefix(entry.Name(), TempPrefix+filepath.Base(path)+"-")
		if ok && entry.Type().IsRegular() && strings.Trim(number, "0123456789") == "" {
			err = errors.Join(err, os.Remove(filepath.Join(filepath.Dir(path), entry.Name())))
		}
	}
	return err
}
