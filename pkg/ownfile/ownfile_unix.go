//go:build unix

package ownfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// NoFollow makes os.OpenFile fail where the last part of a path is a symbolic link.
const NoFollow = syscall.O_NOFOLLOW

const hasModes = true

// Open is os.OpenFile for regular files: it leaves out the runtime's poller, whose set-up takes longer than reading one.
func Open(path string, flag int, perm fs.FileMode) (*os.File, error) {
	for {
		fd, err := syscall.Open(path, flag|syscall.O_CLOEXEC, uint32(perm.Perm()))
		if err == nil {
			return os.NewFile(uintptr(fd), path), nil
		}
		if !errors.Is(err, syscall.EINTR) {
			return nil, &fs.PathError{Op: "open", Path: path, Err: err}
		}
	}
}

// belongsToUser also accepts root's files where others may read: containers mount configuration that way.
func belongsToUser(info fs.FileInfo, a Access) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (int(stat.Uid) == os.Geteuid() || stat.Uid == 0 && a != Private)
}

func isSymlinkError(err error) bool { return errors.Is(err, syscall.ELOOP) }
