//go:build system && linux

package fixedname_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/fixedname"
)

// In a folder such as /tmp a file of another user cannot be replaced, though one can be made beside it: that is found
// out before a secret is spent for it.
func TestAnothersFileInASharedFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Fatal("this test plays two users, which takes root")
	}
	dir := t.TempDir()
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o777|os.ModeSticky); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "token")
	if err := os.WriteFile(path, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Seteuid(54321); err != nil {
		t.Fatal(err)
	}
	theirs, mine := fixedname.Check(path), fixedname.Check(filepath.Join(dir, "mine"))
	if err := syscall.Seteuid(0); err != nil {
		t.Fatal(err)
	}
	want := "write " + path + ": another file cannot take its place: it belongs to another user (uid 12345)"
	if theirs == nil || theirs.Error() != want {
		t.Errorf("got %v, want %s", theirs, want)
	}
	if mine != nil {
		t.Error(mine)
	}
}
