package atomicfile_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
)

// names lists a folder.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return strings.Join(list, " ")
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, mode := range []fs.FileMode{0o600, 0o644, 0o640} { // also where the umask would not have it
		if err := atomicfile.Write(path, []byte(mode.String()), mode); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil || string(data) != mode.String() {
			t.Errorf("got %q, %v", data, err)
		}
		if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode() != mode {
			t.Errorf("mode %v, %v, want %v", info.Mode(), err, mode)
		}
	}
	if got := names(t, dir); got != "file" {
		t.Errorf("the folder has %s", got)
	}
}

func TestWriteWhereItCannot(t *testing.T) {
	dir := t.TempDir()
	absent := filepath.Join(dir, "absent", "file")
	if err := atomicfile.Write(absent, nil, 0o600); !errors.Is(err, fs.ErrNotExist) ||
		!strings.HasPrefix(err.Error(), "write "+absent+": ") {
		t.Errorf("got %v, want %v about %s", err, fs.ErrNotExist, absent)
	}
	folder := filepath.Join(dir, "folder")
	if err := os.MkdirAll(filepath.Join(folder, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(folder, nil, 0o600); err == nil || !strings.Contains(err.Error(), folder) {
		t.Errorf("a folder in its place: got %v", err)
	}
	if got := names(t, dir); got != "folder" {
		t.Errorf("the folder has %s", got)
	}
}

func TestLinkIsReplaced(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(link, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(target); err != nil || string(data) != "old" {
		t.Errorf("the target is %q, %v", data, err)
	}
}

// TestReadersSeeOneOrTheOther has readers run against writers of two contents.
func TestReadersSeeOneOrTheOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	contents := [][]byte{bytes.Repeat([]byte("a"), 100_000), bytes.Repeat([]byte("b"), 50_000)}
	if err := atomicfile.Write(path, contents[0], 0o600); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for _, content := range contents {
		writers.Go(func() {
			for range 50 {
				if err := atomicfile.Write(path, content, 0o600); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		found, err := atomicfile.Find(path) // which reads in a way that lets others replace the file
		if err != nil {
			t.Fatal(err)
		}
		data, err := found.Read()
		if err != nil || !bytes.Equal(data, contents[0]) && !bytes.Equal(data, contents[1]) {
			t.Fatalf("read %d bytes that nobody wrote, %v", len(data), err)
		}
	}
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"file", ".tmp-file-123", ".tmp-file-4", ".tmp-file-x-5", ".tmp-other-6", "file-7"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, ".tmp-file-8"), 0o700); err != nil { // which is nobody's leaving
		t.Fatal(err)
	}
	if err := atomicfile.Sweep(filepath.Join(dir, "file")); err != nil {
		t.Fatal(err)
	}
	if got, want := names(t, dir), ".tmp-file-8 .tmp-file-x-5 .tmp-other-6 file file-7"; got != want {
		t.Errorf("left are %s, want %s", got, want)
	}
	if err := atomicfile.Sweep(filepath.Join(dir, "absent", "file")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}
