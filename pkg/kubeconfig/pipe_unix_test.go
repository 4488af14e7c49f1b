//go:build unix

package kubeconfig

import (
	"context"
	"errors"
	"os"
	"path/filepath"
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
