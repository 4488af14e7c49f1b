package securefile

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/windows"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// On Windows a file that a program has open can be replaced and removed only if that program lets it: it opened the
// file with FILE_SHARE_DELETE. Ours do: os.Root opens so (os.OpenFile does not), renames with POSIX semantics, where
// readers keep the file that they have open, and falls back where the file system has none. What others open otherwise,
// as editors, virus scanners, indexers and kubectl do, mostly for moments, is waited for as the go command does:
// https://go.dev/issue/25965.
//
// The wait is bounded and nothing ends it, not even Ctrl-C: what is to be written may be a secret that a server shows
// once.
const patience = 2 * time.Second

// briefPatience is for a file that no program has open: one that did may just have closed it, or an access list forbids
// what was to be done.
const briefPatience = 200 * time.Millisecond

// errOpenElsewhere is the error of what stays open.
var errOpenElsewhere = errors.New("another program has it open")

// patiently calls do until it succeeds, fails for another reason than that a program has the file of that path open, or
// patience is over.
func patiently(path string, do func() error) error {
	pause, start := time.Millisecond, time.Now()
	for {
		err := do()
		if !heldOpen(path, err) {
			return err
		}
		if waited := time.Since(start) + pause; waited > patience || waited > briefPatience && forbidden(path, err) {
			return sayOpen(path, err)
		}
		time.Sleep(pause)
		pause += rand.N(pause)
	}
}

// heldOpen reports whether an error on the file may be over soon. Windows says "access denied" of a file that is about
// to vanish, and of one that cannot be replaced because it is open; but also of a folder, and of a file that is
// read-only.
func heldOpen(path string, err error) bool {
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		attributes, err := attributesOf(path)
		return err == nil && attributes&(windows.FILE_ATTRIBUTE_DIRECTORY|windows.FILE_ATTRIBUTE_READONLY) == 0 ||
			errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_DELETE_PENDING)
	}
	return openElsewhere(err) || errors.Is(err, windows.ERROR_DELETE_PENDING)
}

// forbidden reports whether an access was denied to a file that is there, and that no other program has open.
func forbidden(path string, err error) bool {
	if !errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return false
	}
	_, err = attributesOf(path)
	return err == nil && !openElsewhere(openToReplace(path))
}

func openElsewhere(err error) bool {
	for _, held := range []syscall.Errno{windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION,
		windows.ERROR_USER_MAPPED_FILE} {
		if errors.Is(err, held) {
			return true
		}
	}
	return false
}

// sayOpen says of an error that is not over that another program has the file open, if that is the reason.
func sayOpen(path string, err error) error {
	if !openElsewhere(err) && !openElsewhere(openToReplace(path)) {
		return err
	}
	err = hint.Wrap(errOpenElsewhere,
		"close %s where it is open (an editor, a backup, a virus scanner), then try again", path)
	return &fs.PathError{Op: "open", Path: path, Err: err}
}

func attributesOf(path string) (uint32, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	return windows.GetFileAttributes(name)
}

// CheckReplaceable reports whether the file at path can be replaced, removed or renamed: whether no other program has
// it open in a way that forbids that.
func CheckReplaceable(path string) error {
	return patiently(path, func() error { return openToReplace(path) })
}

// openToReplace opens the file for what a rename asks for: DELETE.
func openToReplace(path string) error {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	handle, err := windows.CreateFile(name, windows.DELETE,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil, windows.OPEN_EXISTING,
		windows.FILE_FLAG_OPEN_REPARSE_POINT|windows.FILE_FLAG_BACKUP_SEMANTICS, 0)
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return windows.CloseHandle(handle)
}

// Remove is os.Remove with POSIX semantics: the name is free at once, also while the file is open.
func Remove(path string) error {
	dir, err := AnyDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Remove(filepath.Base(path))
}

// Open is os.OpenFile, in a way that lets others replace and remove the file. With NoFollow it refuses a link.
func Open(path string, flag int, perm fs.FileMode) (*os.File, error) {
	target := path
	if flag&NoFollow == 0 {
		if resolved, err := filepath.EvalSymlinks(path); err == nil {
			target = resolved
		}
	}
	dir, err := AnyDir(filepath.Dir(target))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.Open(filepath.Base(target), flag&^NoFollow, perm)
}
