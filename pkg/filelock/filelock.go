// Package filelock takes locks that exclude other processes and that the operating system releases when one dies.
package filelock

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/kubectl-edge/kubectl-edge/pkg/oslock"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// Lock takes the lock on the file at path, which it creates with mode 0600 and never removes, and returns the function
// that releases it. It waits, without polling, until ctx is done. The file must be used for nothing else. It is refused
// where it is a link or somebody else's.
//
// Where the file system has no locks, the lock is a second file, which only one process can make (see exclusive).
func Lock(ctx context.Context, path string) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	// The file is opened by securefile and locked here, not by a library that opens it by its path: a link in its place
	// would have us open what somebody else chose, and on Windows an open file that is not shared cannot be removed.
	file, err := securefile.OpenMine(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	// There is nothing to do about an error of Close, and the process's end closes it, too.
	release := func() { _ = file.Close() }
	switch err := oslock.Try(file); {
	case err == nil:
		forgetNoLocks(path)
		return release, nil
	case errors.Is(err, oslock.ErrNone):
		release()
		sayNoLocks(ctx, path)
		return exclusive(ctx, path)
	case !errors.Is(err, oslock.ErrHeld):
		release()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	defer Waiting(ctx, path)()
	// A lock call cannot be interrupted: when ctx ends first, the goroutine that gets the lock late gives it back.
	result := make(chan error)
	go func() {
		err := oslock.Wait(file)
		select {
		case result <- err:
		case <-ctx.Done():
			release()
		}
	}()
	select {
	case err := <-result:
		if err != nil {
			release()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		return release, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the lock %s, which another process holds: %w", path, ctx.Err())
	}
}
