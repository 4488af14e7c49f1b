//go:build !windows

package kubeconfig

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
)

// asOther runs f as another user than root, of which only root is capable.
func asOther(t *testing.T, uid int, f func()) {
	t.Helper()
	if err := syscall.Seteuid(uid); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Seteuid(0); err != nil {
			t.Fatal(err)
		}
	}()
	f()
}

// open makes the folder of a test accessible to other users.
func open(t *testing.T, dir string) {
	t.Helper()
	for _, dir := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFilesOfOthers(t *testing.T) {
	const owner, other = 12345, 54321
	if os.Geteuid() != 0 {
		f, err := atomicfile.Find("/proc/version") // which is root's
		if err != nil {
			return // there is no file of another user's to be sure of
		}
		if err := f.CheckWritable(); err == nil {
			t.Error("a file of root's is taken for ours")
		}
		return
	}
	dir := t.TempDir()
	open(t, dir)
	path := filepath.Join(dir, "config")
	write(t, path, annotated, 0o640)
	if err := os.Chown(path, owner, owner); err != nil {
		t.Fatal(err)
	}
	if err := Edit(t.Context(), path, edit); err != nil { // as root
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if stat := info.Sys().(*syscall.Stat_t); stat.Uid != owner || stat.Gid != owner || info.Mode() != 0o640 {
		t.Errorf("owner %d, group %d and mode %v, want %d, %d and 0640", stat.Uid, stat.Gid, info.Mode(), owner, owner)
	}

	// A team's file is written in place, and stays whose it is.
	write(t, path, annotated, 0o666)
	if err := os.Chmod(path, 0o666); err != nil { // the umask
		t.Fatal(err)
	}
	asOther(t, other, func() {
		if err := CheckWritable(t.Context(), path); err != nil {
			t.Error(err)
		}
		if err := Edit(t.Context(), path, edit); err != nil {
			t.Error(err)
		}
	})
	if info, err = os.Stat(path); err != nil {
		t.Fatal(err)
	}
	if stat := info.Sys().(*syscall.Stat_t); stat.Uid != owner || stat.Gid != owner || info.Mode() != 0o666 {
		t.Errorf("owner %d, group %d and mode %v, want %d, %d and 0666", stat.Uid, stat.Gid, info.Mode(), owner, owner)
	}
	if fileText(t, path) == annotated {
		t.Error("file has not changed")
	}
	clean(t, dir, "config")

	// What its owner does not let others write is refused, though another file could be put in its place.
	write(t, path, annotated, 0o644)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	asOther(t, other, func() {
		for _, err := range []error{CheckWritable(t.Context(), path), Edit(t.Context(), path, edit)} {
			if err == nil || !strings.HasSuffix(err.Error(), "permission denied") {
				t.Errorf("got error %v", err)
			}
		}
	})
	if fileText(t, path) != annotated {
		t.Error("file has changed")
	}
	clean(t, dir, "config")

	// A link of another user is not followed to where there is nothing.
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "new"), link); err != nil {
		t.Fatal(err)
	}
	if err := os.Lchown(link, owner, owner); err != nil {
		t.Fatal(err)
	}
	asOther(t, other, func() {
		if err := Edit(t.Context(), link, edit); err == nil ||
			!strings.Contains(err.Error(), "it is a symlink of another user to ") {
			t.Errorf("got error %v", err)
		}
	})
	clean(t, dir, "config", "link")
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}

	if err := os.Chmod(dir, 0o755); err != nil { // of root
		t.Fatal(err)
	}
	asOther(t, owner, func() {
		if err := Edit(t.Context(), path, edit); err == nil ||
			!strings.HasSuffix(err.Error(), `config": permission denied`) {
			t.Errorf("got error %v", err)
		}
	})
	if fileText(t, path) != annotated {
		t.Error("file has changed")
	}
	clean(t, dir, "config")
}

// A full disk, here a limit of the size of files, is an error, and leaves the old file and nothing else.
func TestDiskFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	data := annotated + "#" + strings.Repeat("x", 4096) + "\n"
	write(t, path, data, 0o600)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -f 1 && exec "$0"`, program)
	command.Env = append(os.Environ(), "KUBECONFIG_TEST_EDIT="+path)
	out, err := command.CombinedOutput()
	if err == nil || !strings.HasSuffix(string(out), `config": file too large`) {
		t.Errorf("got error %v: %s", err, out)
	}
	if fileText(t, path) != data {
		t.Error("file has changed")
	}
	clean(t, filepath.Dir(path), "config")
}
