//go:build unix

package filelock

import (
	"os"
	"path/filepath"
	"testing"
)

// A link in the place of a lock's file is not written through, no matter who put it there while the lock was held.
func TestTouchFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	precious, held := filepath.Join(dir, "precious"), filepath.Join(dir, "lock.held")
	if err := os.WriteFile(precious, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(precious, held); err != nil {
		t.Fatal(err)
	}
	touch(held)
	if data, err := os.ReadFile(precious); err != nil || string(data) != "precious" {
		t.Errorf("what the link leads to is %q, %v", data, err)
	}
}
