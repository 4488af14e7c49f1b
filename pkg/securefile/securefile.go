// Package securefile opens files and folders only when they are the user's own and nobody else's to tamper with.
package securefile

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Access says which access of other users makes a file unacceptable, as permission bits.
type Access fs.FileMode

const (
	// Private is for secrets: nobody else may read or write.
	Private Access = 0o077
	// NotWritableByOthers is for configuration: others may read.
	NotWritableByOthers Access = 0o022
)

// maxSize bounds what Read takes into memory.
const maxSize = 1 << 20

// Error says why a file or folder was refused. It is not returned for one that does not exist.
type Error struct {
	Path, Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("refusing %s: %s", e.Path, e.Reason) }

// otherUser is the reason where root, by sudo, was left with the home folder of a person.
const otherUser = "it belongs to another user"

// givesAccess ends the reason where others may use a file.
const givesAccess = "gives other users access"

// moveAway is what a person can do about what is another kind of thing than it should be.
func (e *Error) moveAway() string {
	return "have a look at it, and move it away: " + hint.MoveAway(e.Path)
}

// Read returns the content of a regular file of at most 1 MiB that belongs to the user (or root) and that others have
// no such access to. For Private a symlink in the last place is refused too. Errors are those of os.Open, or *Error.
func Read(path string, a Access) ([]byte, error) {
	flags := os.O_RDONLY
	if a == Private {
		flags |= NoFollow
	}
	f, err := Open(path, flags, 0)
	if err != nil {
		if isSymlinkError(err) {
			return nil, &Error{path, "it is a symbolic link"}
		}
		return nil, err
	}
	defer f.Close()
	return read(path, f, a)
}

func read(path string, f *os.File, a Access) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &Error{path, "it is not a regular file"}
	}
	if err := check(path, info, a); err != nil {
		return nil, err
	}
	if info.Size() > maxSize {
		return nil, &Error{path, "it is larger than 1 MiB"}
	}
	data := make([]byte, info.Size(), info.Size()+1)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return data, nil
}

// CheckDir reports whether OpenDir accepts the folder as Private.
func CheckDir(path string) error {
	// Mostly two system calls are enough; only what is wrong takes more to say.
	info, err := os.Lstat(path)
	if err == nil && info.IsDir() && check(path, info, Private) == nil {
		if above, err := os.Stat(filepath.Dir(path)); err == nil && above.IsDir() && checkAbove("", above) == nil {
			return nil
		}
	}
	d, err := OpenDir(path, Private)
	if err != nil {
		return err
	}
	return d.Close()
}

func check(path string, info fs.FileInfo, a Access) error {
	if !belongsToUser(info, a) {
		return &Error{path, otherUser}
	}
	if perm := info.Mode().Perm(); hasModes && perm&fs.FileMode(a) != 0 {
		return &Error{path, fmt.Sprintf("its mode %04o %s", perm, givesAccess)}
	}
	return nil
}
