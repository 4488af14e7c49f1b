// Package filelock takes locks that exclude other processes and that the operating system releases when one dies.
package filelock

import (
	"context"
	"fmt"
	"os"

	"github.com/gofrs/flock"
)

// Lock takes the lock on the file at path, which it creates with mode 0600 and never removes, and returns the function
// that releases it. It waits, without polling, until ctx is done. The file must be used for nothing else.
func Lock(ctx context.Context, path string) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	lock := flock.New(path, flock.SetPermissions(0o600), flock.SetFlag(os.O_CREATE|os.O_RDWR))
	if locked, err := lock.TryLock(); err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	} else if locked {
		return func() { _ = lock.Close() }, nil
	}
	// A lock call cannot be interrupted: when ctx ends first, whoever gets the lock late gives it back.
	result := make(chan error)
	go func() {
		err := lock.Lock()
		select {
		case result <- err:
		case <-ctx.Done():
			_ = lock.Close()
		}
	}()
	select {
	case err := <-result:
		if err != nil {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		return func() { _ = lock.Close() }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the lock %s, which another process holds: %w", path, ctx.Err())
	}
}
