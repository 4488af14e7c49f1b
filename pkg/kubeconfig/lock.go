package kubeconfig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/filelock"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/oslock"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// The lock of a kubeconfig is client-go's: a file beside it, made with O_EXCL or, as here, by a hard link, which fails
// just the same if it is there. Client-go's lock outlives a crash. Ours does not block anyone for long: while it is
// held, its owner holds an OS lock on it, too, which the system drops when the owner dies, and its content says that it
// is ours. The process that gets the OS lock of such a file owns the lock. It is taken over, never removed and made
// again, so there is no moment in which two could believe to own it.

const (
	lockWait    = 10 * time.Second // for one holder that cannot be seen to live
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
	file *os.File // nil where the file system has no hard links or OS locks: then it is client-go's bare lock
}

// acquire takes the lock file of this name. It waits for a while if another program holds it, and longer if many
// programs hold it one after the other, or if the holder is kubectl edge and lives: on a slow machine or a slow disk it
// takes its time, and is not a crash.
func acquire(ctx context.Context, name string) (*lock, error) {
	ctx, cancel := context.WithTimeout(ctx, queueWait)
	defer cancel()
	_ = atomicfile.Sweep(name) // after takers that were killed
	var holder fs.FileInfo
	since := time.Now()
	end := func() {}
	defer func() { end() }()
	for said := false; ; said = true {
		l, alive, err := try(name)
		if l != nil || err != nil {
			return l, err
		}
		if info, err := os.Lstat(name); alive || err != nil || holder == nil || !os.SameFile(info, holder) ||
			!info.ModTime().Equal(holder.ModTime()) {
			holder, since = info, time.Now()
		}
		if time.Since(since) > lockWait {
			return nil, held(name)
		}
		if !said {
			end = filelock.Waiting(ctx, name)
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return nil, held(name)
			}
			return nil, fmt.Errorf("wait for lock %s: %w", hint.Path(name), ctx.Err())
		case <-time.After(lockPoll):
		}
	}
}

func held(name string) error {
	since := ""
	if info, err := os.Stat(name); err == nil { // a file server's clock may be ahead
		since = fmt.Sprintf(" for %s", max(0, time.Since(info.ModTime())).Round(time.Second))
	}
	return hint.Wrap(fmt.Errorf("lock kubeconfig: %s has been there%s", hint.Path(name), since),
		"if no kubectl or other program is writing the kubeconfig, remove what a crash left: %s", hint.Delete(name))
}

// try takes the lock or returns nil if another program has it, and whether that is kubectl edge, and lives.
func try(name string) (l *lock, alive bool, err error) {
	if _, err := os.Lstat(name); err == nil {
		l, alive := takeOver(name)
		return l, alive, nil
	}
	l, err = create(name)
	return l, false, err
}

// create makes the lock file, or returns nil if another program was quicker.
func create(name string) (*lock, error) {
	temp, err := os.CreateTemp(filepath.Dir(name), atomicfile.TempPrefix+filepath.Base(name)+"-*")
	if err != nil {
		return nil, fmt.Errorf("lock kubeconfig: create %s: %w", hint.Path(name), reason(err))
	}
	defer func() { _ = securefile.Remove(temp.Name()) }() // what is left is swept
	// Where root was killed, the owner of the folder takes the lock over.
	err = securefile.GiveToOwnerOf(filepath.Dir(name), temp)
	if err == nil {
		_, err = temp.WriteString(lockContent)
	}
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, fmt.Errorf("lock kubeconfig: write %s: %w", hint.Path(name), reason(err))
	}
	file, err := securefile.Open(temp.Name(), os.O_RDWR|securefile.NoFollow, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // another taker sweeps, and was quicker
	} else if err != nil {
		return nil, fmt.Errorf("lock kubeconfig: open %s: %w", hint.Path(name), reason(err))
	}
	l := &lock{name, file}
	if err := oslock.Try(file); errors.Is(err, oslock.ErrHeld) {
		l.drop()
		return nil, nil // as above
	} else if err != nil {
		l.drop()
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
		return nil, fmt.Errorf("lock kubeconfig: create %s: %w", hint.Path(name), reason(err))
	}
	if err := f.Close(); err != nil {
		_ = securefile.Remove(name)
		return nil, fmt.Errorf("lock kubeconfig: write %s: %w", hint.Path(name), reason(err))
	}
	return &lock{name: name}, nil
}

// takeOver takes our lock whose owner has died; of any other it returns nil, and whether it is our lock and its owner
// lives.
func takeOver(name string) (taken *lock, alive bool) {
	if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return nil, false
	}
	file, err := securefile.Open(name, os.O_RDWR|securefile.NoFollow, 0)
	if err != nil {
		return nil, false
	}
	l := &lock{name, file}
	err = oslock.Try(file)
	if err == nil && l.ours() && l.current() {
		return l, false
	}
	alive = errors.Is(err, oslock.ErrHeld) && l.ours() // else another taker looks at a lock of kubectl's
	l.drop()
	return nil, alive
}

// ours reports whether the locked file says that it is a lock of this program. It is read through the handle that holds
// the lock: Windows lets no other read what is locked, and earlier versions locked the content itself.
func (l *lock) ours() bool {
	content := make([]byte, len(lockContent)+1)
	n, err := l.file.ReadAt(content, 0)
	return errors.Is(err, io.EOF) && string(content[:n]) == lockContent
}

// current reports whether the locked file is still the one that has the name.
func (l *lock) current() bool {
	locked, err := l.file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(l.name)
	return err == nil && os.SameFile(locked, named)
}

// drop gives up the OS lock.
func (l *lock) drop() {
	_ = l.file.Close() // there is nothing to do about an error, and the end of the process drops it, too
}

func (l *lock) release() {
	if l.file == nil {
		_ = securefile.Remove(l.name)
		return
	}
	if l.current() {
		_ = securefile.Remove(l.name)
	}
	l.drop()
}
