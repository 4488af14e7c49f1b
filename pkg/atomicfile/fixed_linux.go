package atomicfile

import (
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// checkFixed refuses a file whose name cannot be given to another one, which else a rename would find out, after a
// secret was spent: one that is marked immutable, a mount of a single file, as containers have, one in a folder that
// only takes more, and another user's in a folder such as /tmp.
func checkFixed(path string) error {
	if err := checkFolderTakesNames(filepath.Dir(path)); err != nil {
		return err
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

// checkFolderTakesNames refuses a folder that is marked as append-only: files can be made there, and neither be renamed
// nor removed.
func checkFolderTakesNames(dir string) error {
	if marks(dir, 0)&unix.STATX_ATTR_APPEND != 0 {
		return hint.Wrap(errors.New("write to "+dir+": its files can neither be renamed nor removed: "+
			"it is marked as append-only"), "chattr -a %s", hint.Word(dir))
	}
	return nil
}

// marks are none where there is no such file, or the kernel does not say.
func marks(path string, flags int) uint64 {
	var stat unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, flags, 0, &stat); err != nil {
		return 0
	}
	return stat.Attributes & stat.Attributes_mask
}
