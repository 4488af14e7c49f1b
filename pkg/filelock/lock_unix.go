//go:build unix

package filelock

import (
	"errors"
	"os"
	"syscall"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// osLock is the file of a lock. It is opened by securefile and locked here, not by a library that opens it by its path:
// a link in its place would have us open what somebody else chose.
type osLock struct{ file *os.File }

func open(path string) (osLock, error) {
	file, err := securefile.OpenMine(path, os.O_CREATE|os.O_RDWR, 0o600)
	return osLock{file}, err
}

// try takes the lock if it is free.
func (l osLock) try() (bool, error) {
	err := flock(l.file, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	for _, none := range []syscall.Errno{syscall.ENOLCK, syscall.ENOSYS, syscall.EOPNOTSUPP, syscall.ENOTSUP,
		syscall.EINVAL} {
		if errors.Is(err, none) {
			return false, errNoLocks
		}
	}
	return err == nil, err
}

func (l osLock) wait() error { return flock(l.file, syscall.LOCK_EX) }

// There is nothing to do about an error, and the process's end closes it, too.
func (l osLock) close() { _ = l.file.Close() }

func flock(f *os.File, how int) error {
	for {
		if err := syscall.Flock(int(f.Fd()), how); !errors.Is(err, syscall.EINTR) { // the runtime's own signals
			return err
		}
	}
}
