package filelock

import (
	"os"

	"github.com/gofrs/flock"
)

// osLock is the file of a lock.
type osLock struct{ *flock.Flock }

func open(path string) (osLock, error) {
	return osLock{flock.New(path, flock.SetPermissions(0o600), flock.SetFlag(os.O_CREATE|os.O_RDWR))}, nil
}

func (l osLock) try() (bool, error) { return l.TryLock() }

func (l osLock) wait() error { return l.Lock() }

func (l osLock) close() { _ = l.Close() } // there is nothing to do about an error
