//go:build unix

package oslock

import (
	"errors"
	"os"
	"syscall"
)

func take(f *os.File, wait bool) error {
	how := syscall.LOCK_EX
	if !wait {
		how |= syscall.LOCK_NB
	}
	for {
		err := syscall.Flock(int(f.Fd()), how)
		switch {
		case errors.Is(err, syscall.EINTR): // the runtime's own signals
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrHeld
		}
		for _, none := range []syscall.Errno{syscall.ENOLCK, syscall.ENOSYS, syscall.EOPNOTSUPP, syscall.ENOTSUP,
			syscall.EINVAL} {
			if errors.Is(err, none) {
				return ErrNone
			}
		}
		return err
	}
}
