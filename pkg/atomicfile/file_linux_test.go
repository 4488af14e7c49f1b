package atomicfile_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
)

// replace replaces the content of the file at path by way of atomicfile.File.
func replace(t *testing.T, path, data string) {
	t.Helper()
	f, err := atomicfile.Find(path)
	if err != nil {
		t.Fatal(err)
	}
	old, err := f.Read()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.CheckWritable(); err != nil {
		t.Errorf("CheckWritable: %v", err)
	}
	if err := f.Replace(old, []byte(data)); err != nil {
		t.Fatal(err)
	}
	if got := content(t, path); got != data {
		t.Errorf("the file is %q, want %q", got, data)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func create(t *testing.T, path, data string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// One who may change the folder can put something else in the place of a file that is written in place, as a team's is:
// nothing but the file that was found is written.
func TestReplaceWritesNoOtherFile(t *testing.T) {
	for _, put := range []func(old, path string) error{os.Symlink, os.Link} {
		dir := t.TempDir()
		path, precious := filepath.Join(dir, "config"), filepath.Join(t.TempDir(), "precious")
		create(t, path, "old", 0o600)
		create(t, precious, "old", 0o600)
		if err := os.Link(path, filepath.Join(dir, "second")); err != nil { // so that it is written in place
			t.Fatal(err)
		}
		file, err := atomicfile.Find(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.Remove(path), put(precious, path)); err != nil {
			t.Fatal(err)
		}
		if err := file.Replace([]byte("old"), []byte("new")); err == nil {
			t.Error("no error")
		}
		if got := content(t, precious); got != "old" {
			t.Errorf("the other file is %q", got)
		}
	}
}

func TestReplaceKeepsHardLinks(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "config"), filepath.Join(dir, "other")
	create(t, path, "a long old content", 0o600)
	if err := os.Link(path, other); err != nil {
		t.Fatal(err)
	}
	replace(t, path, "new")
	if got := content(t, other); got != "new" {
		t.Errorf("by its other name the file is %q", got)
	}
	replace(t, path, strings.Repeat("longer ", 1000))
	if got := names(t, dir); got != "config other" {
		t.Errorf("the folder has %s", got)
	}
}

// TestRecover has a writer in place killed at every byte: the file then has the old content or the new one.
func TestRecover(t *testing.T) {
	for _, c := range []struct{ old, new string }{
		{"users: [a, b]\n", "users: [a, b, c, d]\n"},
		{"users: [a, b, c, d]\n", "users: [b]\n"},
		{"same", "size"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "config")
		for _, torn := range tornStates(c.old, c.new) {
			create(t, path, torn, 0o600)
			create(t, filepath.Join(dir, ".config.kubectl-edge-backup"),
				string(atomicfile.Backup([]byte(c.old), []byte(c.new))), 0o600)
			f, err := atomicfile.Find(path)
			if err != nil {
				t.Fatal(err)
			}
			if data, err := f.Read(); err != nil || string(data) != c.old && string(data) != c.new {
				t.Errorf("of %q Read makes %q, %v", torn, data, err)
			}
			if err := f.Recover(); err != nil {
				t.Fatal(err)
			}
			if got := content(t, path); got != c.old && got != c.new {
				t.Errorf("%q became %q", torn, got)
			}
			if got := names(t, dir); got != "config" {
				t.Errorf("the folder has %s", got)
			}
		}
		// What somebody wrote since stays.
		create(t, path, "written since", 0o600)
		create(t, filepath.Join(dir, ".config.kubectl-edge-backup"),
			string(atomicfile.Backup([]byte(c.old), []byte(c.new))), 0o600)
		f, err := atomicfile.Find(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Recover(); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != "written since" {
			t.Errorf("what another program wrote became %q", got)
		}
	}
}

// tornStates are what a file holds that is written in place, after each byte.
func tornStates(old, new string) []string {
	state := []byte(old)
	states := []string{old}
	for i := len(old); i < len(new); i++ {
		state = append(state, new[i])
		states = append(states, string(state))
	}
	for i := range min(len(old), len(new)) {
		state[i] = new[i]
		states = append(states, string(state))
	}
	return append(states, new)
}

// A device or pipe is never replaced, by whatever name.
func TestDevicesStay(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(fifo, link); err != nil {
		t.Fatal(err)
	}
	// /dev/stdout and the like are links that lead to a file where one is the output.
	output, err := os.Create(filepath.Join(dir, "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	descriptor := filepath.Join(dir, "descriptor")
	if err := os.Symlink(fmt.Sprintf("/proc/self/fd/%d", output.Fd()), descriptor); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(descriptor, []byte("x"), 0o600); err == nil {
		t.Error("a link to a file descriptor was replaced")
	}
	for _, path := range []string{fifo, link} {
		if err := atomicfile.Write(path, []byte("x"), 0o600); err == nil ||
			err.Error() != "write "+path+": it is not a regular file" {
			t.Errorf("Write to %s: %v", path, err)
		}
		if _, err := atomicfile.ReserveAny(path, 1, 0o600); err == nil {
			t.Errorf("a place is reserved for %s", path)
		}
		if _, err := atomicfile.Find(path); err == nil {
			t.Errorf("%s is found to be a file", path)
		}
	}
	if info, err := os.Lstat(fifo); err != nil || info.Mode().Type() != os.ModeNamedPipe {
		t.Errorf("the pipe is %v, %v", info.Mode(), err)
	}
}

func TestReplaceWhatChanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	create(t, path, "theirs", 0o600)
	f, err := atomicfile.Find(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Replace([]byte("as it was read"), []byte("ours")); err == nil ||
		!strings.Contains(err.Error(), "changed it meanwhile") {
		t.Errorf("got %v", err)
	}
	if got := content(t, path); got != "theirs" {
		t.Errorf("the file is %q", got)
	}
}

// Links that lead in a circle are named as the system names them.
func TestLinksInACircle(t *testing.T) {
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	for link, target := range map[string]string{one: two, two: one} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := atomicfile.Find(one); err != syscall.ELOOP {
		t.Errorf("got %v, want %v", err, syscall.ELOOP)
	}
}
