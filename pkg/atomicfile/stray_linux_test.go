package atomicfile

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// What cannot be removed again holds nothing: neither of a writer that failed, nor of one that was killed.
func TestNothingStaysInWhatCannotBeRemoved(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "token")
	killed := filepath.Join(folder, tempName("token", 1))
	if err := os.WriteFile(killed, []byte("squeamish"), 0o600); err != nil {
		t.Fatal(err)
	}
	linked := filepath.Join(folder, "lock")
	if err := os.WriteFile(linked, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(linked, filepath.Join(folder, tempName("token", 2))); err != nil {
		t.Fatal(err)
	}
	keepNames(t, folder)
	if err := Write(path, []byte("ossifrage"), 0o600); err == nil {
		t.Log("the file system knows no such folder")
		return
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > 0 && string(data) != "kept" {
			t.Errorf("%s holds %q, want nothing", entry.Name(), data)
		}
	}
	if data, err := os.ReadFile(linked); string(data) != "kept" {
		t.Errorf("what has another name holds %q, %v", data, err)
	}
}

// keepNames has a folder take new names and give none away, where the file system and the user can have that.
func keepNames(t *testing.T, folder string) {
	t.Helper()
	f, err := os.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	flags, err := unix.IoctlGetInt(int(f.Fd()), unix.FS_IOC_GETFLAGS)
	if err != nil {
		return
	}
	const appendOnly = 0x20 // FS_APPEND_FL
	if unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, flags|appendOnly) != nil {
		return
	}
	t.Cleanup(func() {
		if err := unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, flags); err != nil {
			t.Error(err)
		}
	})
}
