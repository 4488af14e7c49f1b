//go:build system && linux

package plugin_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// An output on a full disk is found out before there is a secret to write, and one that is not full is left as it is.
func TestReserve(t *testing.T) {
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=64k,mode=700"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(mount, 0); err != nil {
			t.Error(err)
		}
	})
	out, err := os.Create(filepath.Join(mount, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := plugin.Reserve(plugin.NewStream(out)); err != nil {
		t.Errorf("with room: %v", err)
	}
	if info, err := out.Stat(); err != nil || info.Size() != 0 {
		t.Errorf("the file has changed: %v, %v", info, err)
	}
	if err := out.Truncate(0); err != nil { // gives the room back
		t.Fatal(err)
	}
	fill := make([]byte, 64<<10)
	if err := os.WriteFile(filepath.Join(mount, "fill"), fill, 0o600); !errors.Is(err, syscall.ENOSPC) &&
		err != nil {
		t.Fatal(err)
	}
	if err := plugin.Reserve(plugin.NewStream(out)); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("on a full disk: %v", err)
	}
}
