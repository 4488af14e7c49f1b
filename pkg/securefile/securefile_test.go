//go:build unix

package securefile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

func write(t *testing.T, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// wantRefused checks that err is an *securefile.Error which names the path and the reason.
func wantRefused(t *testing.T, err error, path, reason string) {
	t.Helper()
	refused, ok := errors.AsType[*securefile.Error](err)
	if !ok || refused.Path != path || !strings.Contains(refused.Reason, reason) {
		t.Errorf("got %v, want it refused: %s", err, reason)
	}
}

func TestReadByMode(t *testing.T) {
	for _, c := range []struct {
		mode   fs.FileMode
		access securefile.Access
		reason string
	}{
		{0o600, securefile.Private, ""},
		{0o400, securefile.Private, ""},
		{0o640, securefile.Private, "its mode 0640 gives other users access"},
		{0o604, securefile.Private, "its mode 0604 gives other users access"},
		{0o601, securefile.Private, "its mode 0601 gives other users access"},
		{0o644, securefile.NotWritableByOthers, ""},
		{0o664, securefile.NotWritableByOthers, "its mode 0664 gives other users access"},
		{0o602, securefile.NotWritableByOthers, "its mode 0602 gives other users access"},
	} {
		path := write(t, c.mode)
		data, err := securefile.Read(path, c.access)
		if c.reason != "" {
			wantRefused(t, err, path, c.reason)
		} else if err != nil || string(data) != "content" {
			t.Errorf("mode %o: got %q, %v", c.mode, data, err)
		}
	}
}

func TestReadWhatIsNoFile(t *testing.T) {
	folder := t.TempDir()
	_, err := securefile.Read(folder, securefile.Private)
	wantRefused(t, err, folder, "it is not a regular file")

	fifo := filepath.Join(folder, "fifo") // must not keep a reader waiting for a writer
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = securefile.Read(fifo, securefile.Private)
	wantRefused(t, err, fifo, "it is not a regular file")

	if _, err := securefile.Read(filepath.Join(folder, "absent"), securefile.Private); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want %v", err, fs.ErrNotExist)
	}
}

func TestReadALink(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(write(t, 0o600), link); err != nil {
		t.Fatal(err)
	}
	_, err := securefile.Read(link, securefile.Private)
	wantRefused(t, err, link, "it is a symbolic link")
	if data, err := securefile.Read(link, securefile.NotWritableByOthers); err != nil || string(data) != "content" {
		t.Errorf("configuration behind a link: got %q, %v", data, err)
	}
}

func TestReadTooMuch(t *testing.T) {
	path := write(t, 0o600)
	if err := os.Truncate(path, 1<<20+1); err != nil {
		t.Fatal(err)
	}
	_, err := securefile.Read(path, securefile.Private)
	wantRefused(t, err, path, "it is larger than 1 MiB")
	if err := os.Truncate(path, 1<<20); err != nil {
		t.Fatal(err)
	}
	if data, err := securefile.Read(path, securefile.Private); err != nil || len(data) != 1<<20 {
		t.Errorf("1 MiB: got %d bytes, %v", len(data), err)
	}
}

func TestCheckDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dir")
	if err := securefile.CheckDir(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want %v", err, fs.ErrNotExist)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := securefile.CheckDir(dir); err != nil {
		t.Error(err)
	}
	link := dir + "-link"
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, securefile.CheckDir(link), link, "it is a symbolic link")
	for _, mode := range []fs.FileMode{0o750, 0o701, 0o777} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		wantRefused(t, securefile.CheckDir(dir), dir, "gives other users access")
	}
	file := write(t, 0o600)
	wantRefused(t, securefile.CheckDir(file), file, "it is not a folder")
}
