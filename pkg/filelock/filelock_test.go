package filelock_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/filelock"
)

// path makes this program a process that holds the lock there until its standard input ends.
const path = "FILELOCK_TEST_PATH"

func TestMain(m *testing.M) {
	if p := os.Getenv(path); p != "" {
		unlock, err := filelock.Lock(context.Background(), p)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("locked")
		_, _ = io.Copy(io.Discard, os.Stdin)
		unlock()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// holder starts a process that holds the lock.
func holder(t *testing.T, lock string) (*exec.Cmd, io.Closer) {
	t.Helper()
	p := exec.Command(os.Args[0])
	p.Env = append(os.Environ(), path+"="+lock)
	stdin, err := p.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
	})
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "locked\n" {
		t.Fatalf("the holder says %q, %v", line, err)
	}
	return p, stdin
}

func lock(t *testing.T, ctx context.Context, path string) func() {
	t.Helper()
	unlock, err := filelock.Lock(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	return unlock
}

func TestReleasedByAKilledProcess(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lock")
	p, _ := holder(t, file)
	wantHeld(t, file)
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	lock(t, t.Context(), file)()
}

func TestWaitsForTheOther(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lock")
	_, stdin := holder(t, file)
	wantHeld(t, file)
	stdin.Close()
	lock(t, t.Context(), file)()
}

// wantHeld checks that the lock cannot be had, and that it is not had later by one that gave up waiting.
func wantHeld(t *testing.T, file string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := filelock.Lock(ctx, file)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
	}
}

func TestExcludesWithinAProcess(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lock")
	unlock := lock(t, t.Context(), file)
	wantHeld(t, file)
	wantHeld(t, file)
	unlock()
	lock(t, t.Context(), file)()
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info, err)
	}
}

func TestNoFolder(t *testing.T) {
	_, err := filelock.Lock(t.Context(), filepath.Join(t.TempDir(), "absent", "lock"))
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want %v", err, os.ErrNotExist)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := filelock.Lock(ctx, filepath.Join(t.TempDir(), "lock")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

// TestSaysThatItWaits: a wait for another process is said until it is over, unless who calls says it.
func TestSaysThatItWaits(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lock")
	unlock := lock(t, t.Context(), file)
	var said []string
	ended := 0
	ctx := filelock.WithNotices(t.Context(), filelock.Notices{Wait: func(path string) func() {
		said = append(said, path)
		go unlock()
		return func() { ended++ }
	}})
	lock(t, ctx, file)()
	lock(t, ctx, file)() // nobody holds it
	if len(said) != 1 || said[0] != file || ended != 1 {
		t.Errorf("said %q, and that %d are over, want once", said, ended)
	}
	unlock = lock(t, t.Context(), file)
	defer unlock()
	silent, cancel := context.WithTimeout(filelock.WithoutWait(ctx), time.Millisecond)
	defer cancel()
	if _, err := filelock.Lock(silent, file); err == nil || len(said) != 1 {
		t.Errorf("got %v, said %q", err, said)
	}
}
