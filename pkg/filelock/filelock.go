// Package filelock takes locks that exclude other processes and that the operating system releases when one dies.
package filelock

import (
	"context"
	"errors"
	"fmt"
)

// errNoLocks is the error of a file system that has no locks, such as NFS without its lock service.
var errNoLocks = errors.New("the file system has no locks")

// Lock takes the lock on the file at path, which it creates with mode 0600 and never removes, and returns the function
// that releases it. It waits, without polling, until ctx is done. The file must be used for nothing else. It is refused
// where it is a link or somebody else's.
//
// Where the file system has no locks, the lock is a second file, which only one process can make (see exclusive).
func Lock(ctx context.Context, path string) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	lock, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	switch locked, err := lock.try(); {
	case errors.Is(err, errNoLocks):
		lock.close()
		return exclusive(ctx, path)
	case err != nil:
		lock.close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	case locked:
		return lock.close, nil
	}
	// A lock call cannot be interrupted: when ctx ends first, the goroutine that gets the lock late gives it back.
	result := make(chan error)
	go func() {
		err := lock.wait()
		select {
		case result <- err:
		case <-ctx.Done():
			lock.close()
		}
	}()
	select {
	case err := <-result:
		if err != nil {
			lock.close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		return lock.close, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the lock %s, which another process holds: %w", path, ctx.Err())
	}
}
