//go:build unix

package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What a person names is read whether it is a file, a pipe or a device, and never without end.
func TestReadInput(t *testing.T) {
	dir := t.TempDir()
	file, fifo := filepath.Join(dir, "file"), filepath.Join(dir, "fifo")
	if err := os.WriteFile(file, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if data, info, err := ReadInput(file, 7); string(data) != "content" || err != nil || !info.Mode().IsRegular() {
		t.Errorf("file: got %q, %v", data, err)
	}
	if _, _, err := ReadInput(file, 6); !errors.Is(err, ErrTooBig) {
		t.Errorf("file over the limit: got %v", err)
	}
	if _, _, err := ReadInput("/dev/zero", 1<<16); !errors.Is(err, ErrTooBig) {
		t.Errorf("endless device: got %v", err)
	}
	if _, _, err := ReadInput(fifo, 100); err == nil || !strings.Contains(err.Error(), "nobody writes to") {
		t.Errorf("pipe without a writer: got %v", err)
	}
	if _, _, err := ReadInput(dir, 100); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("folder: got %v", err)
	}
	write := func(text string) {
		w, err := os.OpenFile(fifo, os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
			return
		}
		defer w.Close()
		_, _ = w.WriteString(text) // the reader may be gone
	}
	go write("piped")
	if data, _, err := ReadInput(fifo, 100); string(data) != "piped" || err != nil {
		t.Errorf("pipe: got %q, %v", data, err)
	}
	go write(strings.Repeat("x", 1000))
	if _, _, err := ReadInput(fifo, 100); !errors.Is(err, ErrTooBig) {
		t.Errorf("pipe over the limit: got %v", err)
	}
}

// Nothing below /dev or /proc is a person's to remove.
func TestFindAdvisesToRemoveNothingOfTheSystem(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		return // not Linux
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for _, path := range []string{"/dev/stdin", "/proc/self/fd/0", "/proc/self/fd/99", "/dev/fd/3"} {
		if _, err := Find(path); err != nil && strings.Contains(err.Error(), "remove") {
			t.Errorf("%s: %v", path, err)
		}
	}
}
