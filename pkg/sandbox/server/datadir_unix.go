//go:build unix

package server

import (
	"io/fs"
	"os"
	"syscall"
)

// sharedWith says who besides its owner may write into a folder, or "". A folder of another owner that a group may
// write into is a volume: Kubernetes mounts them so, owned by root and writable for the pod's fsGroup, and nobody in
// the pod could change that.
func sharedWith(info fs.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	mine := ok && int(stat.Uid) == os.Geteuid()
	switch perm := info.Mode().Perm(); {
	case perm&0o002 != 0:
		return "every user"
	case perm&0o020 != 0 && mine:
		return "its group"
	}
	return ""
}
