package oslock

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// far is where the one byte is that is locked. On Windows a locked range can be read and written through the handle
// that holds the lock alone (LockFileEx), so it lies where no file has content: whose lock it is can be read by all.
const far = 1 << 30 // of the higher 32 bits of the offset

func take(f *os.File, wait bool) error {
	how := uint32(windows.LOCKFILE_EXCLUSIVE_LOCK)
	if !wait {
		how |= windows.LOCKFILE_FAIL_IMMEDIATELY
	}
	err := windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, &windows.Overlapped{OffsetHigh: far})
	switch {
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION), errors.Is(err, windows.ERROR_IO_PENDING):
		return ErrHeld
	case errors.Is(err, windows.ERROR_NOT_SUPPORTED), errors.Is(err, windows.ERROR_INVALID_FUNCTION):
		return ErrNone
	}
	return err
}
