//go:build unix

package kubeconfig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// A pipe whose writer says nothing is waited for until the command is interrupted, and no longer.
func TestSilentPipeIsInterrupted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	go func() { // opened when there is a reader
		writer, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
			return
		}
		t.Cleanup(func() { _ = writer.Close() })
		interrupt()
	}()
	if _, err := Load(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if err := Edit(ctx, path, edit); !errors.Is(err, context.Canceled) {
		t.Errorf("an edit: got %v, want %v", err, context.Canceled)
	}
}

// A link to an open file of a process, as after "9<>file", is read. It is not edited: the file would be replaced, and
// the process, which has the old one open, would never see it.
func TestOpenFilesStay(t *testing.T) {
	if runtime.GOOS != "linux" { // elsewhere no path leads there
		return
	}
	dir := t.TempDir()
	path, link := filepath.Join(dir, "config"), filepath.Join(dir, "link")
	if err := os.WriteFile(path, []byte("users: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	open, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	before, err := open.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(fmt.Sprintf("/proc/self/fd/%d", open.Fd()), link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{link, fmt.Sprintf("/dev/fd/%d", open.Fd())} {
		if _, err := Load(t.Context(), name); err != nil {
			t.Errorf("%s cannot be read: %v", name, err)
		}
		if err := Edit(t.Context(), name, edit); err == nil || !strings.Contains(err.Error(), "can only be read") {
			t.Errorf("an edit of %s: %v", name, err)
		}
		if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) || after.Size() != before.Size() {
			t.Errorf("%s: the file was replaced: %v, %v", name, after, err)
		}
	}
}
