package securefile

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// As root in somebody else's home nothing becomes root's that the person needs.
func TestRootMakesNothingOfItsOwnInAnothersHome(t *testing.T) {
	if os.Geteuid() != 0 {
		return // only root can
	}
	home := filepath.Join(t.TempDir(), "home")
	if err := os.Mkdir(home, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(home, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	err := MakeDir(filepath.Join(home, ".cache", "kubectl-edge", "tokens"))
	var refused *Error
	if !errors.As(err, &refused) || refused.Reason != otherUser {
		t.Errorf("our own folder: got %v", err)
	}
	if entries, err := os.ReadDir(home); err != nil || len(entries) > 0 {
		t.Errorf("in the home are %v, %v", entries, err)
	}
	deep := filepath.Join(home, ".kube", "sub")
	if err := MakeFor(deep); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(deep, "config"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := GiveToOwnerOf(deep, file); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Dir(deep), deep, file.Name()} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if stat := info.Sys().(*syscall.Stat_t); stat.Uid != 12345 || stat.Gid != 12345 {
			t.Errorf("%s belongs to %d:%d", path, stat.Uid, stat.Gid)
		}
	}
}
