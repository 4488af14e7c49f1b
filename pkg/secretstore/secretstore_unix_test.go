//go:build unix

package secretstore

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

func TestRefusesWhatOthersCouldTouch(t *testing.T) {
	chmod := func(path string, mode os.FileMode) error { return os.Chmod(path, mode) }
	link := func(path string) error {
		if err := os.Rename(path, path+".real"); err != nil {
			return err
		}
		return os.Symlink(path+".real", path)
	}
	for _, tc := range []struct {
		name   string
		change func(dir, sealed, key, ring string) error
		want   string
	}{
		{"folder readable by the group", func(dir, _, _, _ string) error { return chmod(dir, 0o750) }, "mode 0750"},
		{"folder is a link", func(dir, _, _, _ string) error { return link(dir) }, "symbolic link"},
		{"secret readable by the world", func(_, sealed, _, _ string) error { return chmod(sealed, 0o604) }, "mode 0604"},
		{"secret is a link", func(_, sealed, _, _ string) error { return link(sealed) }, "symbolic link"},
		{"key readable by the group", func(_, _, key, _ string) error { return chmod(key, 0o640) }, "mode 0640"},
		{"key is a link", func(_, _, key, _ string) error { return link(key) }, "symbolic link"},
		{"list of keys writable by the group", func(_, _, _, ring string) error { return chmod(ring, 0o620) }, "mode 0620"},
		{"list of keys is a link", func(_, _, _, ring string) error { return link(ring) }, "symbolic link"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "secrets")
			s := open(dir, NoKeyring("none"))
			save(t, s, "a", "squeamish")
			location, err := s.Location()
			if err != nil {
				t.Fatal(err)
			}
			if err := tc.change(dir, s.path("a"), location.Path, s.ringPath()); err != nil {
				t.Fatal(err)
			}
			_, err = open(dir, NoKeyring("none")).Load("a", []byte("purpose of a"))
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(hint.Of(err), "chmod") {
				t.Errorf("Load: error %v, hint %q; want %q", err, hint.Of(err), tc.want)
			}
		})
	}
}

// childDir makes a run of the test binary a process that saves and rotates until it is killed.
const childDir = "SECRETSTORE_TEST_CHILD_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

func child(dir string) {
	s := open(dir, NoKeyring("none"))
	step := func(err error) {
		if err != nil {
			os.Exit(1)
		}
		os.Stdout.WriteString(".")
	}
	for {
		step(s.Save("a", []byte(strings.Repeat("squeamish", 1000)), []byte("purpose of a")))
		step(s.RotateKey())
	}
}

func TestKilledAtAnyPoint(t *testing.T) {
	dir := t.TempDir() + "/secrets"
	save(t, open(dir, NoKeyring("none")), "a", strings.Repeat("squeamish", 1000))
	save(t, open(dir, NoKeyring("none")), "b", "ossifrage")
	for i := range 40 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// After so many steps the child is somewhere in the next one.
		if _, err := io.ReadFull(out, make([]byte, 1+i%6)); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
			t.Fatalf("the child ended by itself: %v", err)
		}
		wantSecret(t, open(dir, NoKeyring("none")), "a", strings.Repeat("squeamish", 1000))
		wantSecret(t, open(dir, NoKeyring("none")), "b", "ossifrage")
	}
	if err := open(dir, NoKeyring("none")).RotateKey(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 5 { // two secrets, a key, the list of keys, the lock
		t.Errorf("left after a complete rotation: %v %v", left, err)
	}
}
