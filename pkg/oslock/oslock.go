// Package oslock locks open files. The operating system releases such a lock when the file is closed, and so also when
// the process dies.
package oslock

import (
	"errors"
	"os"
)

var (
	// ErrHeld is the error of Try where another open file has the lock: of another process, or of this one.
	ErrHeld = errors.New("another process holds the lock")
	// ErrNone is the error of a file system that has no locks, such as NFS without its lock service.
	ErrNone = errors.New("the file system has no locks")
)

// Try takes the lock of f, or fails with ErrHeld or ErrNone.
func Try(f *os.File) error { return take(f, false) }

// Wait takes the lock of f when its holder gives it back. Nothing interrupts it.
func Wait(f *os.File) error { return take(f, true) }
