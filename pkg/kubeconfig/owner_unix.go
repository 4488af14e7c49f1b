//go:build !windows

package kubeconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

var errReadOnlyFS error = syscall.EROFS

// checkOwner refuses a file of another user, whom replacing it would lock out. Root may, and keeps the owner.
func checkOwner(info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if ok && os.Geteuid() != 0 && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("it belongs to another user (uid %d)", stat.Uid)
	}
	return nil
}

// keepOwner gives temp, which will replace the file of info, the same owner and group.
func keepOwner(temp *os.File, info fs.FileInfo) error {
	if info == nil {
		return nil
	}
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
		return fmt.Errorf("keep its owner %d and group %d: %w", want.Uid, want.Gid, errors.Unwrap(err))
	}
	return nil
}
