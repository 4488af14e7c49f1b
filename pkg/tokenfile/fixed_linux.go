package tokenfile

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// checkFixed refuses a file whose name cannot be given to another one, which else a rename would find out, after the
// token was minted: one that is marked immutable, and a mount of a single file, as containers have.
func checkFixed(path string) error {
	var stat unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, 0, &stat); err != nil {
		return nil // there is none, or the kernel does not say
	}
	fixed := stat.Attributes & stat.Attributes_mask
	switch {
	case fixed&unix.STATX_ATTR_MOUNT_ROOT != 0:
		return hint.Wrap(fmt.Errorf("write %s: another file cannot take its place: it is a mount of its own", path),
			"mount its folder, not the file")
	case fixed&(unix.STATX_ATTR_IMMUTABLE|unix.STATX_ATTR_APPEND) != 0:
		return hint.Wrap(errors.New("write "+path+": another file cannot take its place: it is marked as immutable"),
			"chattr -i -a %s", hint.Word(path))
	}
	return nil
}
