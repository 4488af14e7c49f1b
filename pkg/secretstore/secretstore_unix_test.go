//go:build unix

package secretstore

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore/keyringtest"
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
		{"secret readable by the world", func(_, sealed, _, _ string) error { return chmod(sealed, 0o604) },
			"mode 0604"},
		{"secret is a link", func(_, sealed, _, _ string) error { return link(sealed) }, "symbolic link"},
		{"key readable by the group", func(_, _, key, _ string) error { return chmod(key, 0o640) }, "mode 0640"},
		{"key is a link", func(_, _, key, _ string) error { return link(key) }, "symbolic link"},
		{"list of keys writable by the group", func(_, _, _, ring string) error { return chmod(ring, 0o620) },
			"mode 0620"},
		{"list of keys is a link", func(_, _, _, ring string) error { return link(ring) }, "symbolic link"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "secrets")
			s := open(dir, keyringtest.None("none"))
			save(t, s, "a", "squeamish")
			location, err := s.Location()
			if err != nil {
				t.Fatal(err)
			}
			if err := tc.change(dir, s.path("a"), location.Path, s.ringPath()); err != nil {
				t.Fatal(err)
			}
			_, err = open(dir, keyringtest.None("none")).Load("a", []byte("purpose of a"))
			next := "chmod go= "
			if strings.HasSuffix(tc.name, "a link") {
				next = "move it away: mv "
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(hint.Of(err), next) {
				t.Errorf("Load: error %v, hint %q; want %q", err, hint.Of(err), tc.want)
			}
		})
	}
}

// A run of the test binary with this variable is a process of its own: what it does, and in which folder, each on a
// line.
const childVariable = "SECRETSTORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if child := os.Getenv(childVariable); child != "" {
		do, dir, _ := strings.Cut(child, "\n")
		if err := runChild(do, dir); err != nil {
			fmt.Fprintf(os.Stderr, "%v\n%s\n", err, hint.Of(err))
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func runChild(do, dir string) error {
	system := Open(Options{Dir: dir, Service: "kubectl-edge-test"})
	switch do {
	case "save":
		return system.Save("a", []byte("squeamish"), []byte("purpose of a"))
	case "load":
		secret, err := system.Load("a", []byte("purpose of a"))
		fmt.Print(string(secret))
		return err
	case "rotate":
		return system.RotateKey()
	}
	s := open(dir, keyringtest.None("none"))
	for { // until it is killed
		if err := s.Save("a", []byte(strings.Repeat("squeamish", 1000)), []byte("purpose of a")); err != nil {
			return err
		}
		fmt.Print(".")
		if err := s.RotateKey(); err != nil {
			return err
		}
		fmt.Print(".")
	}
}

func TestKilledAtAnyPoint(t *testing.T) {
	dir := t.TempDir() + "/secrets"
	save(t, open(dir, keyringtest.None("none")), "a", strings.Repeat("squeamish", 1000))
	save(t, open(dir, keyringtest.None("none")), "b", "ossifrage")
	for i := range 40 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childVariable+"=change\n"+dir)
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
		wantSecret(t, open(dir, keyringtest.None("none")), "a", strings.Repeat("squeamish", 1000))
		wantSecret(t, open(dir, keyringtest.None("none")), "b", "ossifrage")
	}
	if err := open(dir, keyringtest.None("none")).RotateKey(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 5 { // two secrets, a key, the list of keys, the lock
		t.Errorf("left after a complete rotation: %v %v", left, err)
	}
}
