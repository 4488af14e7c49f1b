//go:build unix

package securefile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// ownDir is a folder as we make them, in one of our own.
func ownDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "kubectl-edge", "tokens")
	if err := securefile.MakeDir(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func chmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFolderAbove(t *testing.T) {
	dir := ownDir(t)
	above := filepath.Dir(dir)
	put(t, filepath.Join(dir, "file"), "content")
	for _, mode := range []fs.FileMode{0o720, 0o702, 0o777} {
		chmod(t, above, mode)
		_, err := securefile.ReadOwn(filepath.Join(dir, "file"), securefile.Private)
		wantRefused(t, err, above, "gives other users access")
		wantRefused(t, securefile.MakeDir(dir), above, "gives other users access")
	}
	for _, mode := range []fs.FileMode{0o755, 0o777 | fs.ModeSticky} { // in which nobody can put another folder there
		chmod(t, above, mode)
		if data, err := securefile.ReadOwn(filepath.Join(dir, "file"), securefile.Private); err != nil ||
			string(data) != "content" {
			t.Errorf("below mode %v: %q, %v", mode, data, err)
		}
	}
}

// What is in the way is named, and not what is beside the point.
func TestWhatIsInTheWay(t *testing.T) {
	home := t.TempDir()
	real, linked := filepath.Join(home, "real"), filepath.Join(home, "linked")
	if err := securefile.MakeDir(filepath.Join(real, "tokens")); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{linked: real, filepath.Join(real, "link"): "tokens"} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	put(t, filepath.Join(real, "file"), "")
	read := func(dir string) error {
		_, err := securefile.ReadOwn(filepath.Join(dir, "token"), securefile.Private)
		return err
	}
	for _, above := range []string{real, linked} { // people link the folders above
		wantRefused(t, read(filepath.Join(above, "link")), filepath.Join(above, "link"), "it is a symbolic link")
		wantRefused(t, read(filepath.Join(above, "file")), filepath.Join(above, "file"), "it is not a folder")
		wantRefused(t, read(filepath.Join(above, "file", "in")), filepath.Join(above, "file"), "it is not a folder")
		for _, dir := range []string{"tokens", "gone", "gone/tokens"} {
			if err := read(filepath.Join(above, dir)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", dir, err)
			}
		}
	}
	chmod(t, real, 0o777) // the link to it is nobody's to put elsewhere, but what it leads to is
	wantRefused(t, read(filepath.Join(linked, "tokens")), linked, "gives other users access")
	wantRefused(t, securefile.CheckDir(filepath.Join(linked, "tokens")), linked, "gives other users access")
}

func TestFolderOfConfiguration(t *testing.T) {
	dir := ownDir(t)
	path := filepath.Join(dir, "config.json")
	put(t, path, "content")
	for mode, refused := range map[fs.FileMode]bool{0o700: false, 0o755: false, 0o775: true, 0o703: true} {
		chmod(t, dir, mode)
		data, err := securefile.ReadOwn(path, securefile.NotWritableByOthers)
		if refused {
			wantRefused(t, err, dir, "gives other users access")
		} else if err != nil || string(data) != "content" {
			t.Errorf("mode %o: %q, %v", mode, data, err)
		}
	}
	chmod(t, dir, 0o700)
	link := dir + "-link" // people link their dot files
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".real"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("config.json.real", path); err != nil {
		t.Fatal(err)
	}
	data, err := securefile.ReadOwn(filepath.Join(link, "config.json"), securefile.NotWritableByOthers)
	if err != nil || string(data) != "content" {
		t.Errorf("behind links: %q, %v", data, err)
	}
}

// A folder that is open stays the one that was checked, whatever somebody puts in its place.
func TestFolderIsReplacedMeanwhile(t *testing.T) {
	dir := ownDir(t)
	put(t, filepath.Join(dir, "file"), "right")
	open, err := securefile.OpenDir(dir, securefile.Private)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	victim := t.TempDir()
	put(t, filepath.Join(victim, "file"), "precious")
	if err := os.Rename(dir, dir+"-away"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, dir); err != nil {
		t.Fatal(err)
	}
	if data, err := open.Read("file", securefile.Private); err != nil || string(data) != "right" {
		t.Errorf("Read: %q, %v", data, err)
	}
	f, err := open.Open("file", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	if err := errors.Join(open.Rename("file", "other"), open.Remove("other")); err != nil {
		t.Error(err)
	}
	if data, err := os.ReadFile(filepath.Join(victim, "file")); err != nil || string(data) != "precious" {
		t.Errorf("the folder behind the link: %q, %v", data, err)
	}
}

// Whatever is opened or made, a link in its place is not followed.
func TestLinksAreNotFollowed(t *testing.T) {
	dir := ownDir(t)
	precious := filepath.Join(t.TempDir(), "precious")
	put(t, precious, "precious")
	link := filepath.Join(dir, "link")
	if err := os.Symlink(precious, link); err != nil {
		t.Fatal(err)
	}
	for _, flag := range []int{os.O_RDONLY, os.O_WRONLY | os.O_TRUNC, os.O_RDWR | os.O_CREATE | os.O_TRUNC} {
		if f, err := securefile.OpenOwn(link, flag, 0o600); err == nil {
			t.Errorf("flags %x: a link was opened", flag)
			_ = f.Close()
		}
		_, err := securefile.OpenMine(link, flag, 0o600)
		wantRefused(t, err, link, "it is a symbolic link")
	}
	if data, err := os.ReadFile(precious); err != nil || string(data) != "precious" {
		t.Errorf("what the link leads to is %q, %v", data, err)
	}
}
