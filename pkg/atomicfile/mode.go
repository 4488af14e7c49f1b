package atomicfile

import (
	"fmt"
	"io/fs"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// widening says what to do where a file system does not take a mode, and others could do more with the file than
// wanted.
type widening bool

const (
	refuseWider widening = false // there is a secret in it
	allowWider  widening = true
)

// chmod gives the temporary file its mode. Where that is not possible it is an error only if others get more access
// than they should have, to a secret: kubectl does without, too.
func (t *temp) chmod(perm fs.FileMode, w widening) error {
	err := t.file.Chmod(perm)
	if err == nil {
		return nil
	}
	if !notPermitted(err) {
		return err
	}
	info, errStat := t.file.Stat()
	if errStat != nil {
		return errStat
	}
	if wider := info.Mode().Perm() &^ perm & 0o077; wider != 0 && w == refuseWider {
		return hint.Wrap(fmt.Errorf("others could read it: its file system gives it mode %04o, and no other",
			info.Mode().Perm()),
			"keep it on a file system with permissions, such as that of your home folder")
	}
	return nil
}
