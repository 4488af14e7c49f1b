// Package fixedname knows before a file is replaced whether its name can be given to another one, which else the rename
// would find out: after a secret was spent for it. It is apart from package atomicfile since the credential helper does
// without: it replaces only what it can have again.
package fixedname

import (
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Check refuses a file whose name cannot be given to another one: one that is marked immutable, a mount of a single
// file, as containers have, one in a folder that only takes more, and another user's in a folder such as /tmp.
func Check(path string) error {
	if dir := filepath.Dir(path); marks(dir, 0)&unix.STATX_ATTR_APPEND != 0 {
		return hint.Wrap(errors.New("write to "+dir+": its files can neither be renamed nor removed: "+
			"it is marked as append-only"), "chattr -a %s", hint.Word(dir))
	}
	switch fixed := marks(path, unix.AT_SYMLINK_NOFOLLOW); {
	case fixed&unix.STATX_ATTR_MOUNT_ROOT != 0:
		return hint.Wrap(fmt.Errorf("write %s: another file cannot take its place: it is a mount of its own", path),
			"mount its folder, not the file")
	case fixed&(unix.STATX_ATTR_IMMUTABLE|unix.STATX_ATTR_APPEND) != 0:
		return hint.Wrap(errors.New("write "+path+": another file cannot take its place: it is marked as immutable"),
			"chattr -i -a %s", hint.Word(path))
	}
	return checkSticky(path)
}

// marks are none where there is no such file, or the kernel does not say.
func marks(path string, flags int) uint64 {
	var stat unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, flags, 0, &stat); err != nil {
		return 0
	}
	return stat.Attributes & stat.Attributes_mask
}
