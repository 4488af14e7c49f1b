//go:build unix

package securefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// NoFollow makes os.OpenFile fail where the last part of a path is a symbolic link.
const NoFollow = syscall.O_NOFOLLOW

const hasModes = true

// OwnFolder is what a person can do about folders that are another user's.
const OwnFolder = "name a folder of your own (HOME, XDG_CONFIG_HOME, XDG_STATE_HOME), or call it as that user; with " +
	"sudo: sudo -H"

// InOthersFolder reports whether a path, which the system denies, lies in a folder of another user's, as where su or a
// container left the HOME of one. In a folder of the user's own, a command that ran with sudo made what is denied.
func InOthersFolder(path string) bool {
	for {
		if _, err := os.Lstat(path); err == nil || filepath.Dir(path) == path {
			break
		}
		path = filepath.Dir(path)
	}
	info, err := os.Lstat(filepath.Dir(path))
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) != user
}

// Next is what a person can do about it.
func (e *Error) Next() string {
	if e.Reason == otherUser {
		if path := othersBelowOwn(e.Path); path != "" {
			return hint.Own(path)
		}
		return OwnFolder
	}
	if strings.HasSuffix(e.Reason, givesAccess) {
		return "have a look at it; it must be yours alone: chmod go= " + hint.Word(e.Path)
	}
	return e.moveAway()
}

// othersBelowOwn returns what of a path, which is another user's, lies in a folder of the user's own, or "": a command
// that ran with sudo made it. Root owns the folder above every home folder, and is to take no person's.
func othersBelowOwn(path string) string {
	for InOthersFolder(path) {
		if os.Geteuid() == 0 || filepath.Dir(path) == path {
			return ""
		}
		path = filepath.Dir(path)
	}
	return path
}

// Open is os.OpenFile for regular files: it leaves out the runtime's poller, whose set-up takes longer than reading
// one, and does not wait where a FIFO is in the file's place.
func Open(path string, flag int, perm fs.FileMode) (*os.File, error) {
	return newFile(path, func(flags int) (int, error) {
		return syscall.Open(path, flag|flags, uint32(perm.Perm()))
	})
}

// NonBlock makes opening a pipe not wait for its writer.
const NonBlock = syscall.O_NONBLOCK

// newFile is the file that open opens, with further flags.
func newFile(path string, open func(flags int) (int, error)) (*os.File, error) {
	for {
		fd, err := open(syscall.O_CLOEXEC | NonBlock)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err == nil {
			if err = syscall.SetNonblock(fd, false); err == nil { // os.NewFile would hand it to the poller
				return os.NewFile(uintptr(fd), path), nil
			}
			_ = syscall.Close(fd)
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
}

// user is who this process acts as. Our programs never change that, and ask several times with every kubectl command.
var user = os.Geteuid()

// belongsToUser also accepts root's files where others may read: containers mount configuration that way.
func belongsToUser(info fs.FileInfo, a Access) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (int(stat.Uid) == user || stat.Uid == 0 && a != Private)
}

func isSymlinkError(err error) bool { return errors.Is(err, syscall.ELOOP) }
