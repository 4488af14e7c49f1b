//go:build unix

package securefile

import (
	"io/fs"
	"os"
	"syscall"
)

// owner is a user and a group.
type owner struct{ user, group int }

// foreignOwner is whose a folder is, if this process is root and the folder is another user's. One that everybody may
// write to, such as a /tmp of some user, is nobody's home.
func foreignOwner(folder string) (owner, bool) {
	if user != 0 {
		return owner{}, false
	}
	info, err := os.Stat(folder)
	if err != nil || info.Mode()&fs.ModeSticky != 0 {
		return owner{}, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Uid == 0 {
		return owner{}, false
	}
	return owner{int(stat.Uid), int(stat.Gid)}, true
}

func (o owner) give(path string) error { return os.Lchown(path, o.user, o.group) }

func (o owner) giveFile(file *os.File) error { return file.Chown(o.user, o.group) }
