package filelock

import (
	"context"
	"os"
	"path/filepath"
)

type noticeKey struct{}

// WithNotice returns a context in which Lock says by say, once for each folder, that the folder's file system has no
// locks.
func WithNotice(ctx context.Context, say func(format string, args ...any)) context.Context {
	return context.WithValue(ctx, noticeKey{}, say)
}

// Noticed is the file in a folder that says that it was said of it.
const Noticed = ".no-locks"

func sayNoLocks(ctx context.Context, path string) {
	say, ok := ctx.Value(noticeKey{}).(func(format string, args ...any))
	if !ok {
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
	say("the file system of %s has no locks: files stand in for them, and what a crash leaves of those is waited for, "+
		"for %s", folder, staleAfter)
}

// forgetNoLocks removes the file that says that it was said, where there turn out to be locks: a server that was
// refusing them for a while leaves nothing behind, and is named again should it refuse again.
func forgetNoLocks(path string) {
	name := filepath.Join(filepath.Dir(path), Noticed)
	if _, err := os.Lstat(name); err == nil {
		_ = os.Remove(name)
	}
}
