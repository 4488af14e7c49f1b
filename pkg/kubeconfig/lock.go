package kubeconfig

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// The lock of a kubeconfig is client-go's: a file beside it, made with O_EXCL or, as here, by a hard link, which fails
// just the same if it is there. Client-go's lock outlives a crash. Ours does not block anyone for long: while it is
// held, its owner holds an OS lock on it, too, which the system drops when the owner dies, and its content says that it
// is ours. The process that gets the OS lock of such a file owns the lock. It is taken over, never removed and made
// again, so there is no moment in which two could believe to own it.

const (
	lockWait    = 10 * time.Second // for one holder
	queueWait   = 2 * time.Minute  // for all
	lockPoll    = 10 * time.Millisecond
	lockContent = "kubectl-edge\n"
)

// settle is how long the lock is held after a write. kubectl reads a file before it locks it, and removes what it did
// not see when it read (clientcmd.ModifyConfig). A kubectl that read the old file fails on the lock while we still hold
// it.
const settle = 100 * time.Millisecond

type lock struct {
	name string
	os   *flock.Flock // nil where the file system has no hard links or OS locks: then it is client-go's bare lock
}

// acquire takes the lock file of this name. It waits for a while if another program holds it, and longer if many
// programs hold it one after the other.
func acquire(ctx context.Context, name string) (*lock, error) {
	ctx, cancel := context.WithTimeout(ctx, queueWait)
	defer cancel()
	_ = atomicfile.Sweep(name) // after takers that were killed
	var holder fs.FileInfo
	since := time.Now()
	for {
		l, err := try(name)
		if l != nil || err != nil {
			return l, err
		}
		if info, err := os.Lstat(name); err != nil || holder == nil || !os.SameFile(info, holder) ||
			!info.ModTime().Equal(holder.ModTime()) {
			holder, since = info, time.Now()
		}
		if time.Since(since) > lockWait {
			return nil, held(name)
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return nil, held(name)
			}
			return nil, fmt.Errorf("wait for lock %q: %w", name, ctx.Err())
		case <-time.After(lockPoll):
		}
	}
}

func held(name string) error {
	since := ""
	if info, err := os.Stat(name); err == nil {
		since = fmt.Sprintf(" for %s", time.Since(info.ModTime()).Round(time.Second))
	}
	return hint.Wrap(fmt.Errorf("lock kubeconfig: %q has been there%s", name, since),
		"if no kubectl or other program is writing the kubeconfig, remove what a crash left: rm %s", name)
}

// try takes the lock or returns nil if another program has it.
func try(name string) (*lock, error) {
	if _, err := os.Lstat(name); err == nil {
		return takeOver(name), nil
	}
	temp, err := os.CreateTemp(filepath.Dir(name), atomicfile.TempPrefix+filepath.Base(name)+"-*")
	if err != nil {
		return nil, fmt.Errorf("lock kubeconfig: create %q: %w", name, reason(err))
	}
	defer os.Remove(temp.Name())
	_, err = temp.WriteString(lockContent)
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, fmt.Errorf("lock kubeconfig: write %q: %w", name, reason(err))
	}
	l := &lock{name: name, os: flock.New(temp.Name(), flock.SetFlag(os.O_RDWR))}
	if ok, err := l.os.TryLock(); errors.Is(err, fs.ErrNotExist) || err == nil && !ok {
		return nil, nil // another taker sweeps, and was quicker
	} else if err != nil {
		return bareLock(name)
	}
	err = os.Link(temp.Name(), name)
	if err == nil {
		return l, nil
	}
	l.drop()
	if errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return bareLock(name)
}

func bareLock(name string) (*lock, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("lock kubeconfig: create %q: %w", name, reason(err))
	}
	return &lock{name: name}, f.Close()
}

// takeOver takes our lock whose owner has died; of any other it returns nil.
func takeOver(name string) *lock {
	if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	l := &lock{name: name, os: flock.New(name, flock.SetFlag(os.O_RDWR))}
	if ok, err := l.os.TryLock(); err != nil || !ok {
		return nil
	}
	if content, err := os.ReadFile(name); err != nil || string(content) != lockContent || !l.current() {
		l.drop()
		return nil
	}
	return l
}

// current reports whether the locked file is still the one that has the name.
func (l *lock) current() bool {
	locked, err := l.os.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(l.name)
	return err == nil && os.SameFile(locked, named)
}

// drop gives up the OS lock.
func (l *lock) drop() {
	_ = l.os.Close() // there is nothing to do about an error, and the end of the process drops it, too
}

func (l *lock) release() {
	switch {
	case l.os == nil:
		os.Remove(l.name)
	case onWindows: // which does not remove an open file, so neither do we one that was taken over meanwhile
		l.drop()
		os.Remove(l.name)
	default:
		if l.current() {
			os.Remove(l.name)
		}
		l.drop()
	}
}
