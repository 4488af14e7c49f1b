package filelock

import (
	"context"
	"os"
	"path/filepath"
)

type noticeKey struct{}

// Notices are what a person is to know of locks.
type Notices struct {
	// NoLocks is called once for each folder whose file system has no locks.
	NoLocks func(format string, args ...any)
	// Wait is called with the path of a lock that another process holds, and what it returns once that is over. It may
	// be nil.
	Wait func(path string) (end func())
}

// WithNotices returns a context in which Lock says what a person is to know.
func WithNotices(ctx context.Context, notices Notices) context.Context {
	return context.WithValue(ctx, noticeKey{}, notices)
}

// WithoutWait returns a context in which Lock does not say that it waits: who calls it does.
func WithoutWait(ctx context.Context) context.Context {
	notices, _ := ctx.Value(noticeKey{}).(Notices)
	notices.Wait = nil
	return WithNotices(ctx, notices)
}

// Waiting says that another process holds the lock at path, until end is called.
func Waiting(ctx context.Context, path string) (end func()) {
	if notices, ok := ctx.Value(noticeKey{}).(Notices); ok && notices.Wait != nil {
		return notices.Wait(path)
	}
	return func() {}
}

// Noticed is the file in a folder that says that it was said of it.
const Noticed = ".no-locks"

func sayNoLocks(ctx context.Context, path string) {
	notices, _ := ctx.Value(noticeKey{}).(Notices)
	if notices.NoLocks == nil {
		return
	}
	folder := filepath.Dir(path)
	f, err := os.OpenFile(filepath.Join(folder, Noticed), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if os.IsExist(err) {
		return
	}
	if err == nil {
		_ = f.Close()
	}
	notices.NoLocks("the file system of %s has no locks: files stand in for them, and what a crash leaves of those is "+
		"waited for, for %s", folder, staleAfter)
}

// forgetNoLocks removes the file that says that it was said, where there turn out to be locks: a server that was
// refusing them for a while leaves nothing behind, and is named again should it refuse again.
func forgetNoLocks(path string) {
	name := filepath.Join(filepath.Dir(path), Noticed)
	if _, err := os.Lstat(name); err == nil {
		_ = os.Remove(name)
	}
}
