package atomicfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// held is a file that another program has open, in the way of most: it does not share the right to replace it.
func held(t *testing.T) (path string, other *os.File) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	other, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	return path, other
}

func edit(path string) error {
	f, err := atomicfile.Find(path)
	if err != nil {
		return err
	}
	if err := f.CheckWritable(); err != nil {
		return err
	}
	return f.Edit(func([]byte) ([]byte, error) { return []byte("new"), nil })
}

func TestHeldForAWhile(t *testing.T) {
	path, other := held(t)
	time.AfterFunc(300*time.Millisecond, func() { _ = other.Close() })
	if err := edit(path); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "new" {
		t.Errorf("got %q, %v", data, err)
	}
	if err := atomicfile.Write(path, []byte("newer"), 0o600); err != nil {
		t.Error(err)
	}
}

// The check that comes before a secret is spent finds it, and so does a write without it; nothing is lost.
func TestHeldOpen(t *testing.T) {
	path, _ := held(t)
	f, err := atomicfile.Find(path)
	if err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"check":   f.CheckWritable(),
		"replace": f.Replace([]byte("old"), []byte("new")),
		"write":   atomicfile.Write(path, []byte("new"), 0o600),
	} {
		if err == nil || !strings.Contains(err.Error(), "another program has it open") ||
			!strings.Contains(hint.Of(err), "close "+path) {
			t.Errorf("%s: got %v with hint %q", what, err, hint.Of(err))
		}
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "old" {
		t.Errorf("the file has %q, %v", data, err)
	}
	if got := names(t, filepath.Dir(path)); got != "config" {
		t.Errorf("the folder has %s", got)
	}
}
