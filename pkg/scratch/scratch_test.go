package scratch_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/scratch"
)

// What a process leaves that was killed goes with the next one's start, and nothing else does.
func TestSweep(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "scratch")
	alive, err := scratch.New(parent)
	if err != nil {
		t.Fatal(err)
	}
	defer alive.Remove()
	kept, err := alive.Write("kubeconfig", []byte("mine"))
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(kept)
	if err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	make := func(name string, lock bool, age time.Duration) string {
		path := filepath.Join(parent, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if lock {
			if err := os.WriteFile(filepath.Join(path, "lock"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	killed := make("run-killed", true, 0)
	halfway := make("run-halfway", false, time.Hour)
	starting := make("run-starting", false, 0)
	others := make("notes", true, time.Hour)

	next, err := scratch.New(parent)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{killed: false, halfway: false, starting: true, others: true, kept: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: there is %v, want %v", path, err == nil, want)
		}
	}
	next.Remove()
	alive.Remove()
	if _, err := os.Stat(kept); !os.IsNotExist(err) {
		t.Errorf("after Remove: %v", err)
	}
}
