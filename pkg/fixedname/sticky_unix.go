//go:build !windows

package fixedname

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// checkSticky refuses another user's file in a folder where only its owner may rename or remove it.
func checkSticky(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return nil
	}
	dir, err := os.Stat(filepath.Dir(path))
	if err != nil || dir.Mode()&fs.ModeSticky == 0 {
		return nil
	}
	user := os.Geteuid()
	if owner := ownerOf(info); user != 0 && owner != user && ownerOf(dir) != user {
		return fmt.Errorf("write %s: another file cannot take its place: it belongs to another user (uid %d)", path,
			owner)
	}
	return nil
}

func ownerOf(info fs.FileInfo) int {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Uid)
	}
	return -1
}
