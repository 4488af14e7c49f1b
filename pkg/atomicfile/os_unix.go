//go:build unix

package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

const closeFirst = false

// lockable is what is locked of a temporary file: the file itself.
func lockable(_ *securefile.Dir, _ string, f *os.File) (*os.File, error) { return f, nil }

// removed reports whether f has no name any more.
func removed(f *os.File) bool {
	info, err := f.Stat()
	if err != nil {
		return true
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Nlink == 0
}

func ours(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (int(stat.Uid) == os.Geteuid() || os.Geteuid() == 0)
}

// unsupported reports whether a file system does not have the operation, or no idea of it.
func unsupported(err error) bool {
	for _, e := range []syscall.Errno{syscall.EINVAL, syscall.ENOSYS, syscall.ENOTSUP, syscall.EOPNOTSUPP,
		syscall.ENOTTY} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// notPermitted reports whether the file system or its owner does not let a mode be set: drives in WSL, CIFS, FAT.
func notPermitted(err error) bool {
	return unsupported(err) || errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES)
}

// links is how many names the file has.
func links(_ string, info fs.FileInfo) (uint64, error) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 1, nil
	}
	return uint64(stat.Nlink), nil
}

// checkOwner refuses a file of another user, whom replacing it would lock out. Root may, and keeps the owner.
func checkOwner(info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if ok && os.Geteuid() != 0 && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("it belongs to another user (uid %d)", stat.Uid)
	}
	return nil
}

// ownLink reports whether a symbolic link is the user's or root's, who alone could let it lead elsewhere.
func ownLink(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (stat.Uid == 0 || int(stat.Uid) == os.Geteuid())
}

// keepOwner gives temp, which will replace the file of info, the same owner and group.
func keepOwner(temp *os.File, info fs.FileInfo) error {
	want, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	made, err := temp.Stat()
	if err != nil {
		return err
	}
	if have, ok := made.Sys().(*syscall.Stat_t); ok && have.Uid == want.Uid && have.Gid == want.Gid {
		return nil
	}
	if err := temp.Chown(int(want.Uid), int(want.Gid)); err != nil {
		return fmt.Errorf("keep its owner %d and group %d: %w", want.Uid, want.Gid, cause(err))
	}
	return nil
}

// closedFolder is for errors that say that no file can be made in a folder. A file in it may be writable all the same.
func closedFolder(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// fixedName is for errors of a rename that say that the name cannot be given to another file: a mount point, say.
func fixedName(err error) bool {
	return closedFolder(err) || errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EXDEV)
}
