package atomicfile

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/oslock"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// TempPrefix starts the name of every temporary file.
const TempPrefix = ".tmp-"

// slots is how many names a temporary file may have before one is drawn at random. Few names mean that a writer finds
// what earlier ones left behind without reading the folder, which may hold thousands of files.
const slots = 8

// unlockedAge is the age at which a temporary file counts as left behind where the file system has no locks.
const unlockedAge = time.Hour

// temp is a temporary file, open and locked.
type temp struct {
	dir  *securefile.Dir
	name string // "" once it has become the file
	file *os.File
	lock *os.File // what is locked of it
}

// create makes a temporary file for the file base of dir, 0600 and locked, and removes what killed writers of base
// left.
func create(dir *securefile.Dir, base string) (*temp, error) {
	var t *temp
	for slot := range slots {
		name := tempName(base, slot)
		if t != nil {
			_ = sweepOne(dir, name)
			continue
		}
		var err error
		if t, err = tryCreate(dir, name); errors.Is(err, fs.ErrExist) && sweepOne(dir, name) == nil {
			t, err = tryCreate(dir, name)
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	for range 100 {
		if t != nil {
			return t, nil
		}
		var err error
		if t, err = tryCreate(dir, tempName(base, 1<<20+rand.IntN(1<<30))); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	return nil, errors.New("its temporary files cannot be made")
}

func tempName(base string, number int) string {
	return TempPrefix + base + "-" + strconv.Itoa(number)
}

// tryCreate fails with fs.ErrExist where another has the name, also one that takes the new file for left behind in the
// moment before it is locked.
func tryCreate(dir *securefile.Dir, name string) (*temp, error) {
	f, err := dir.Open(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	lock, err := lockable(dir, name, f)
	if err != nil {
		_ = f.Close()
		return nil, fs.ErrExist
	}
	err = oslock.Try(lock)
	if err != nil && !errors.Is(err, oslock.ErrHeld) {
		// Failed just then, as a lock daemon may: without a lock the next one to sweep would take it.
		err = oslock.Try(lock)
	}
	if errors.Is(err, oslock.ErrHeld) || err == nil && removed(lock) {
		_ = lock.Close()
		_ = f.Close()
		return nil, fs.ErrExist
	}
	return &temp{dir, name, f, lock}, nil
}

// become gives the temporary file the name of path.
func (t *temp) become(path string) error {
	if closeFirst {
		if err := t.file.Close(); err != nil {
			return writeError(path, err)
		}
	}
	if err := t.dir.Rename(t.name, filepath.Base(path)); err != nil {
		return &fs.PathError{Op: "replace", Path: path, Err: cause(err)}
	}
	t.name = ""
	return nil
}

// close removes the file if it has not become another. The lock is given back last.
func (t *temp) close() {
	info, _ := t.file.Stat()
	if closeFirst {
		_ = t.file.Close()
	}
	if t.name != "" && t.dir.Remove(t.name) != nil {
		// Failed just then, as on a network drive: nobody may come to write this file again, and sweep.
		if t.dir.Remove(t.name) != nil && info != nil {
			empty(t.dir, t.name, info)
		}
	}
	_ = t.file.Close()
	_ = t.lock.Close()
}

// Sweep removes what writers of path left behind that were killed, under any name that this or an earlier version gave
// it.
func Sweep(path string) error {
	return sweep(filepath.Dir(path), func(name string) bool {
		number, ok := strings.CutPrefix(name, TempPrefix+filepath.Base(path)+"-")
		return ok && strings.Trim(number, "0123456789") == ""
	})
}

// SweepDir removes what writers of any file of one of our folders left behind that were killed.
func SweepDir(path string) error {
	return sweep(path, func(name string) bool { return strings.HasPrefix(name, TempPrefix) })
}

func sweep(path string, match func(name string) bool) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	dir, err := securefile.AnyDir(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	for _, entry := range entries {
		if !entry.Type().IsRegular() || !match(entry.Name()) {
			continue
		}
		if e := sweepOne(dir, entry.Name()); e != nil && !errors.Is(e, errInUse) && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// errInUse is the error of sweepOne for a file whose writer lives, or that is not ours to remove.
var errInUse = errors.New("it is in use")

// sweepOne removes a temporary file whose writer is dead.
func sweepOne(dir *securefile.Dir, name string) error {
	f, err := dir.Open(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || !ours(info) {
		return errInUse
	}
	switch err := oslock.Try(f); {
	case errors.Is(err, oslock.ErrHeld):
		return errInUse
	case err == nil:
		// A writer that was done meanwhile has renamed what was opened here, and the name may be the next one's file.
		// From here on it stays ours: nobody removes what is locked, nor makes what is there.
		if !stillNamed(dir, name, info) {
			return nil
		}
	default: // the file system has no locks, or none for this file
		if time.Since(info.ModTime()) < unlockedAge {
			return errInUse
		}
	}
	if err := dir.Remove(name); err != nil {
		empty(dir, name, info)
		return err
	}
	return nil
}

// empty takes the content out of a temporary file that cannot be removed, as in a folder that only takes more (chattr
// +a): what may be a secret does not stay. Where the name is another file's by now, or the file has another name, as a
// lock that became one by a link, it leaves that alone.
func empty(dir *securefile.Dir, name string, info fs.FileInfo) {
	f, err := dir.Open(name, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer f.Close()
	current, err := f.Stat()
	if err != nil || !current.Mode().IsRegular() || !os.SameFile(current, info) {
		return
	}
	if n, err := links(dir.Path(name), current); err == nil && n == 1 {
		_ = f.Truncate(0)
	}
}

// stillNamed reports whether name is the file of info.
func stillNamed(dir *securefile.Dir, name string, info fs.FileInfo) bool {
	f, err := dir.Open(name, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	now, err := f.Stat()
	return err == nil && os.SameFile(info, now)
}
