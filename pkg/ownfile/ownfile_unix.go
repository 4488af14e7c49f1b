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

const (
	hasModes = true
	nonBlock = syscall.O_NONBLOCK // a FIFO in the file's place must not block
)

// belongsToUser also accepts root's files where others may read: containers mount configuration that way.
func belongsToUser(info fs.FileInfo, a Access) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (int(stat.Uid) == os.Geteuid() || stat.Uid == 0 && a != Private)
}

func isSymlinkError(err error) bool { return errors.Is(err, syscall.ELOOP) }
