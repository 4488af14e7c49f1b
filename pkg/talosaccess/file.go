package talosaccess

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/fixedname"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Bounds of how long a certificate lives: nobody can end one early, and a call takes its time.
const (
	MinTTL = time.Minute
	MaxTTL = 24 * time.Hour
)

// Reserve makes sure, before a certificate is asked for, that a talosconfig can be written to path. A
// file that is there is replaced if it is one of a certificate as short-lived as those that are issued
// here: what else is there may be an administrator's, or something else altogether.
func Reserve(path string) (*atomicfile.Reservation, error) {
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case !shortLived(data):
		return nil, hint.Wrap(
			fmt.Errorf("%s is there, and not a talosconfig of a certificate that lives for a day or less",
				hint.Path(path)),
			"name another file, or remove that one: %s", hint.Delete(path))
	}
	if err := fixedname.Check(path); err != nil {
		return nil, err
	}
	return atomicfile.ReserveAny(path, maxWritten, 0o600)
}

// maxWritten is more than a talosconfig with many nodes has.
const maxWritten = 64 << 10

func shortLived(data []byte) bool {
	c, err := read(data)
	return err == nil && c.leaf.NotAfter.Sub(c.leaf.NotBefore) <= MaxTTL+tolerance
}
