package filelock

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What stands in for locks where the file system has none excludes others, waits no longer than it may, and takes over
// what a crash left.
func TestExclusive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var holders, most atomic.Int32
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			unlock, err := exclusive(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			if n := holders.Add(1); n > most.Load() {
				most.Store(n)
			}
			holders.Add(-1)
			unlock()
		})
	}
	wait.Wait()
	if most.Load() != 1 {
		t.Errorf("%d held it at once", most.Load())
	}
	unlock, err := exclusive(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := exclusive(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
	}
	unlock()
	if _, err := os.Stat(path + ".held"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("released, it is still there: %v", err)
	}

	if err := os.WriteFile(path+".held", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * staleAfter)
	if err := os.Chtimes(path+".held", old, old); err != nil {
		t.Fatal(err)
	}
	if unlock, err = exclusive(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	unlock()
}

// That the file system has no locks is said once for each folder.
func TestNoLocksIsSaidOnce(t *testing.T) {
	said := 0
	ctx := WithNotices(t.Context(), Notices{NoLocks: func(string, ...any) { said++ }})
	one, two := t.TempDir(), t.TempDir()
	for _, path := range []string{filepath.Join(one, "a"), filepath.Join(one, "b"), filepath.Join(two, "a")} {
		sayNoLocks(ctx, path)
		sayNoLocks(ctx, path)
	}
	if said != 2 {
		t.Errorf("it was said %d times for two folders", said)
	}
	unlock, err := Lock(ctx, filepath.Join(one, "a"))
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	if entries, err := os.ReadDir(one); err != nil || len(entries) != 1 {
		t.Errorf("where there are locks after all, %v is left, %v", entries, err)
	}
}
