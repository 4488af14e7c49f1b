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
	"time"

	"k8s.io/client-go/tools/clientcmd/api"

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
	_, err = acquire(ctx, name)
	if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(hint.Of(err), "rm "+name) {
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
	if second, err := try(name); second != nil || err != nil {
		t.Errorf("a second took the lock, too: %v", err)
	}
	l.release()
	clean(t, filepath.Dir(name))
}

func TestReleaseLeavesTheLockOfOthers(t *testing.T) {
	name := filepath.Join(t.TempDir(), "config.lock")
	l, err := acquire(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	other, err := acquire(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	l.release()
	clean(t, filepath.Dir(name), "config.lock")
	other.release()
	clean(t, filepath.Dir(name))
}

func TestLocksExclude(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(dir, link); err != nil {
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
	config, err := Load(filepath.Join(dir, "config"))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(config.Contexts); got != 13 {
		t.Errorf("got %d contexts, want 13", got)
	}
	clean(t, dir, "config", "link")
}
