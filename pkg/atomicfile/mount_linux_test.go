//go:build system && linux

package atomicfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
)

// A mount of one file cannot be replaced, only written: kubeconfigs are mounted into containers so.
func TestReplaceOfAMount(t *testing.T) {
	dir := t.TempDir()
	path, source := filepath.Join(dir, "config"), filepath.Join(t.TempDir(), "source")
	create(t, path, "", 0o600)
	create(t, source, "old", 0o640)
	if err := syscall.Mount(source, path, "", syscall.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(path, 0); err != nil {
			t.Error(err)
		}
	})
	replace(t, path, "new")
	if got := content(t, source); got != "new" {
		t.Errorf("what is mounted is %q", got)
	}
	if got := names(t, dir); got != "config" {
		t.Errorf("the folder has %s", got)
	}
}

// A place that is reserved can be filled although the disk has become full since; without one it cannot.
func TestReservationOnAFullDisk(t *testing.T) {
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=256k,mode=700"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(mount, 0); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(mount, "file")
	if err := atomicfile.WriteOwn(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	r, err := atomicfile.Reserve(path, 50_000, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Abort()
	fill, err := os.Create(filepath.Join(mount, "fill"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = fill.Write(make([]byte, 4096))
	}
	_ = fill.Close()
	if err := atomicfile.WriteOwn(path, make([]byte, 50_000)); err == nil {
		t.Fatal("the disk is not full")
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "old" {
		t.Errorf("a write that failed left %q, %v", data, err)
	}
	secret := strings.Repeat("s", 50_000)
	if err := r.Commit([]byte(secret)); err != nil {
		t.Errorf("the place that was reserved cannot be filled: %v", err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != secret {
		t.Errorf("the file has %d bytes, %v", len(data), err)
	}
	if _, err := atomicfile.Reserve(path, 50_000, 0o600); err == nil {
		t.Error("a place is reserved on a full disk")
	}
	if got := names(t, mount); got != "file fill" {
		t.Errorf("the folder has %s", got)
	}
}
