//go:build system && linux

package securefile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// What another user owns is refused: a folder, the one above it, and a file that lies where we would make one. It runs
// as root, who alone can give files away.
func TestOfAnotherUser(t *testing.T) {
	const other = 12345
	dir := ownDir(t)
	above := filepath.Dir(dir)
	put(t, filepath.Join(dir, "file"), "content")
	give := func(path string, uid int) {
		t.Helper()
		if err := os.Lchown(path, uid, uid); err != nil {
			t.Fatal(err)
		}
	}
	read := func(a securefile.Access) error {
		_, err := securefile.ReadOwn(filepath.Join(dir, "file"), a)
		return err
	}
	give(above, other)
	wantRefused(t, read(securefile.Private), above, "it belongs to another user")
	give(above, 0)
	give(dir, other)
	for _, a := range []securefile.Access{securefile.Private, securefile.NotWritableByOthers} {
		wantRefused(t, read(a), dir, "it belongs to another user")
	}
	lock := filepath.Join(dir, "lock")
	put(t, lock, "")
	give(lock, other)
	_, err := securefile.OpenMine(lock, os.O_RDWR|os.O_CREATE, 0o600)
	wantRefused(t, err, lock, "it belongs to another user")
}

// What is denied is somebody else's where it lies in their folder, and sudo's where it lies in the user's own.
func TestInOthersFolder(t *testing.T) {
	home := t.TempDir()
	denied := filepath.Join(home, ".config", "kubectl-edge")
	for _, c := range []struct {
		owner int
		want  bool
	}{{os.Geteuid(), false}, {12345, true}} {
		if err := os.Lchown(home, c.owner, c.owner); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(denied, 0o700); err != nil {
			t.Fatal(err)
		}
		if got := securefile.InOthersFolder(filepath.Dir(denied)); got != c.want {
			t.Errorf("in a folder of user %d: %v, want %v", c.owner, got, c.want)
		}
	}
	if securefile.InOthersFolder(denied) {
		t.Error("what is below a folder of the user's own is another's")
	}
}
