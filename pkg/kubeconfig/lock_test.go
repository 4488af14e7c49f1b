package kubeconfig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

func TestLockOfOthersIsRespected(t *testing.T) {
	name := filepath.Join(t.TempDir(), "config.lock")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL, 0) // as client-go does
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := acquire(ctx, name); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
	ctx, cancel = context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	ahead := time.Now().Add(time.Hour) // as a file server's clock may be
	if err := os.Chtimes(name, ahead, ahead); err != nil {
		t.Fatal(err)
	}
	_, err = acquire(ctx, name)
	if err == nil || !strings.Contains(err.Error(), "has been there for 0s") {
		t.Errorf("error %v, want the lock's age", err)
	}
	if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(hint.Of(err), hint.Delete(name)) {
		t.Errorf("error %v with hint %q, want both to name the lock", err, hint.Of(err))
	}
	clean(t, filepath.Dir(name), "config.lock")
}

func TestLockOfTheDeadIsTakenOver(t *testing.T) {
	name := filepath.Join(t.TempDir(), "config.lock")
	if err := os.WriteFile(name, []byte(lockContent), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := acquire(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if second, alive, err := try(name); second != nil || !alive || err != nil {
		t.Errorf("a second took the lock, too, or takes us for dead: %v", err)
	}
	l.release()
	clean(t, filepath.Dir(name))
}

// A kubectl edge that lives may take longer than a crash is waited for; what another program left is given up in time.
func TestLockIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "config.lock")
		slow, err := acquire(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan error, 1)
		go func() {
			next, err := acquire(t.Context(), name)
			if err == nil {
				next.release()
			}
			got <- err
		}()
		<-time.After(3 * lockWait) // of the bubble's clock
		slow.release()
		if err := <-got; err != nil {
			t.Errorf("behind one that lives: %v", err)
		}
		write(t, name, "", 0o600)
		since := time.Now()
		if _, err := acquire(t.Context(), name); err == nil || time.Since(since) > lockWait+lockPoll {
			t.Errorf("behind a lock of kubectl's: %v after %s, want an error after %s", err, time.Since(since),
				lockWait)
		}
	})
}

func TestReleaseLeavesTheLockOfOthers(t *testing.T) {
	name := filepath.Join(t.TempDir(), "config.lock")
	l, err := acquire(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	// Out of the way, as by somebody who removes it: Wine keeps the name of an open file that is removed, Windows not.
	if err := os.Rename(name, filepath.Join(t.TempDir(), "away")); err != nil {
		t.Fatal(err)
	}
	other, err := acquire(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	l.release()
	if _, err := os.Lstat(name); err != nil {
		t.Errorf("the other's lock: %v", err)
	}
	if !onWindows { // where Wine removes the other name of an open file when that is closed
		clean(t, filepath.Dir(name), "config.lock")
	}
	other.release()
	clean(t, filepath.Dir(name))
}

// A file that is reached through a symlink is locked by both of its names: kubectl may use either.
func TestLinkedFileIsLockedByBothNames(t *testing.T) {
	if onWindows {
		return // making links is a privilege there, and Wine has none that can be read again
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "real", "kubeconfig"), annotated, 0o600)
	path := filepath.Join(dir, "config")
	if err := os.Symlink(filepath.Join("real", "kubeconfig"), path); err != nil {
		t.Fatal(err)
	}
	err := Edit(t.Context(), path, func(*api.Config) error {
		for _, lock := range []string{path + ".lock", filepath.Join(dir, "real", "kubeconfig.lock")} {
			if _, err := os.Lstat(lock); err != nil {
				t.Error(err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	clean(t, dir, "config", "real")
	clean(t, filepath.Join(dir, "real"), "kubeconfig")
}

// readShared reads a file in a way that lets others replace it, which on Windows takes more than os.ReadFile.
func readShared(t *testing.T, path string) string {
	t.Helper()
	f, err := atomicfile.Find(path)
	if err != nil {
		t.Fatal(err)
	}
	data, err := f.Read()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// kubectl config set reads a file, and locks it only when it writes; what it had not seen by then, it removes. It is
// kept from that if it read the file before one of our writes.
func TestKubectlThatReadTheOldFileIsLockedOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	options := clientcmd.NewDefaultPathOptions()
	options.LoadingRules.ExplicitPath = path
	for range 100 { // until this goroutine is not kept waiting for longer than the lock is held
		write(t, path, annotated, 0o600)
		old, err := options.GetStartingConfig()
		if err != nil {
			t.Fatal(err)
		}
		old.Contexts["theirs"] = &api.Context{Cluster: "one"}
		edited := make(chan error, 1)
		go func() { edited <- Edit(t.Context(), path, edit) }()
		before := time.Now()
		for now := before; readShared(t, path) == annotated; now = time.Now() {
			before = now
		}
		err = clientcmd.ModifyConfig(options, *old, true)
		inTime := time.Since(before) < settle
		if err := <-edited; err != nil {
			t.Fatal(err)
		}
		if !inTime {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "config.lock") {
			t.Errorf("got error %v, want one about the lock", err)
		}
		if config, err := Load(t.Context(), path); err != nil || config.Contexts["new"] == nil {
			t.Errorf("what was written is lost: %v", err)
		}
		return
	}
	t.Fatal("this machine is too busy to tell")
}

func TestLocksExclude(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if onWindows {
		link = dir // see TestEditKeepsModeAndSymlinks
	} else if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "config"), annotated, 0o600)
	var wait sync.WaitGroup
	for i := range 12 {
		wait.Go(func() {
			path := filepath.Join([]string{dir, link}[i%2], "config")
			if err := Edit(t.Context(), path, func(c *api.Config) error {
				c.Contexts[fmt.Sprint("new", i)] = &api.Context{Cluster: "x"}
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	config, err := Load(t.Context(), filepath.Join(dir, "config"))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(config.Contexts); got != 13 {
		t.Errorf("got %d contexts, want 13", got)
	}
	if onWindows {
		clean(t, dir, "config")
	} else {
		clean(t, dir, "config", "link")
	}
}
