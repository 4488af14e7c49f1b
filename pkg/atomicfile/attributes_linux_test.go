//go:build system && linux

package atomicfile_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// accessList is a POSIX access list as the kernel takes it: the owner may read and write, user 12345 read, and nobody
// else anything. Mode 0640 is what stat says of it.
func accessList() []byte {
	list := binary.LittleEndian.AppendUint32(nil, 2)
	for _, entry := range []struct {
		tag, perm uint16
		id        uint32
	}{{1, 6, ^uint32(0)}, {2, 4, 12345}, {4, 0, ^uint32(0)}, {16, 4, ^uint32(0)}, {32, 0, ^uint32(0)}} {
		list = binary.LittleEndian.AppendUint16(list, entry.tag)
		list = binary.LittleEndian.AppendUint16(list, entry.perm)
		list = binary.LittleEndian.AppendUint32(list, entry.id)
	}
	return list
}

const accessListName, defaultListName = "system.posix_acl_access", "system.posix_acl_default"

func attribute(t *testing.T, path, name string) []byte {
	t.Helper()
	value := make([]byte, 1024)
	n, err := syscall.Getxattr(path, name, value)
	if errors.Is(err, syscall.ENODATA) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return value[:n]
}

// What belongs to the file beside its content stays: the right of one user in an access list does not become that of
// the file's group.
func TestReplaceKeepsAttributes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	create(t, path, "old", 0o600)
	for name, value := range map[string][]byte{accessListName: accessList(), "user.note": []byte("mine")} {
		if err := syscall.Setxattr(path, name, value, 0); err != nil {
			t.Fatalf("this file system takes no %s: %v", name, err)
		}
	}
	replace(t, path, "new")
	if got := attribute(t, path, accessListName); !bytes.Equal(got, accessList()) {
		t.Errorf("access list %x, want %x", got, accessList())
	}
	if got := attribute(t, path, "user.note"); string(got) != "mine" {
		t.Errorf("attribute %q", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// A folder's default list does not give a replaced file to the users it names.
func TestReplaceInheritsNoAccess(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config")
	create(t, path, "old", 0o640)
	if err := syscall.Setxattr(dir, defaultListName, accessList(), 0); err != nil {
		t.Fatal(err)
	}
	replace(t, path, "new")
	if got := attribute(t, path, accessListName); got != nil {
		t.Errorf("access list %x, want none", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}
