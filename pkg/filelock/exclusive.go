package filelock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// Without locks of the file system a lock is a file that is made exclusively, which NFS can do, too. It outlives a
// crash. Its owner touches it as long as it lives, so that one which nobody has touched for a while is taken over. The
// times compared are the file server's own.
const (
	touchEvery = 5 * time.Second
	staleAfter = 30 * time.Second
	poll       = 50 * time.Millisecond
)

// exclusive takes the lock by making the file path.held.
func exclusive(ctx context.Context, path string) (unlock func(), err error) {
	name := path + ".held"
	end := func() {}
	defer func() { end() }()
	for said := false; ; {
		f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			_ = f.Close()
			return keep(name), nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		if stale(name, path) {
			takeAway(name, path)
			continue
		}
		if !said {
			end, said = Waiting(ctx, path), true
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the lock %s, which another process holds: %w", name, ctx.Err())
		case <-time.After(poll):
		}
	}
}

// takeAway removes a lock whose owner is dead. Another may have done so already, and a third hold a new one: what was
// taken away is looked at again, and given back if it is that.
func takeAway(name, path string) {
	away := fmt.Sprintf("%s.%d", name, os.Getpid())
	if os.Rename(name, away) != nil {
		return
	}
	if !stale(away, path) {
		_ = os.Link(away, name)
	}
	_ = os.Remove(away)
}

// keep touches the lock until it is released.
func keep(name string) (unlock func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				_ = os.Remove(name)
				return
			case <-time.After(touchEvery):
				touch(name)
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// touch sets a file's time to the server's: a write does, the time of this machine may differ. A link that somebody put
// in the file's place is not followed.
func touch(name string) {
	if f, err := securefile.OpenMine(name, os.O_WRONLY, 0); err == nil {
		_, _ = f.WriteAt([]byte("held\n"), 0)
		_ = f.Close()
	}
}

// stale reports whether the owner of the lock is dead. The lock's own file, touched now, tells the server's time.
func stale(name, path string) bool {
	touch(path)
	now, err := os.Lstat(path)
	if err != nil {
		return false
	}
	held, err := os.Lstat(name)
	return err == nil && now.ModTime().Sub(held.ModTime()) > staleAfter
}
