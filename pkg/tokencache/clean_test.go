package tokencache

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
)

// both is a runtime folder and a cache folder with a token of each of two profiles in each.
func both(t *testing.T) (stores Stores, all dirs.Dirs) {
	t.Helper()
	base := t.TempDir()
	all = dirs.Dirs{Cache: filepath.Join(base, "cache"), Runtime: filepath.Join(base, "run", "kubectl-edge")}
	if err := os.Mkdir(filepath.Join(base, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, d := range []dirs.Dirs{all, {Cache: all.Cache}} { // with and without XDG_RUNTIME_DIR
		s := folder(d)
		for _, profile := range []string{"work", "home"} {
			e := testEntry()
			e.Labels.Profile = profile
			put(t, s, KeyOf("test", profile), e)
			s.Lease(KeyOf("test", profile), CurrentClient(""), e, now, now)
		}
		stores = append(stores, s)
	}
	if stores[0] == stores[1] {
		t.Fatal("both are the same")
	}
	return stores, all
}

// left lists what is in the stores beside marks and locks.
func left(t *testing.T, stores Stores) []string {
	t.Helper()
	var files []string
	for _, s := range stores {
		names, err := s.names()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			files = append(files, filepath.Base(filepath.Dir(filepath.Dir(s.dir)))+"/"+name)
		}
	}
	slices.Sort(files)
	return files
}

func work(f File) bool { return f.Entry.Labels.Profile == "work" }

// Anyone who asks for the tokens of a profile to be removed has those of every folder removed, with what is remembered
// of them.
func TestCleanEveryStore(t *testing.T) {
	stores, all := both(t)
	n, err := All(all).Clean(work)
	if err != nil || n != 2 {
		t.Errorf("%d removed, %v, want 2", n, err)
	}
	home := KeyOf("test", "home").String()
	for _, file := range left(t, stores) {
		if !strings.Contains(file, home) {
			t.Errorf("%s is left", file)
		}
	}
	if got := len(left(t, stores)); got != 4 {
		t.Errorf("%d files are left, want the other profile's 4", got)
	}
}

// TestCleanUnreadable: what cannot be read may be anybody's, and goes first.
func TestCleanUnreadable(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("there are no mode bits to test on Windows")
		return
	}
	for name, breakIt := range map[string]func(s Store, file string) error{
		"file open to others": func(_ Store, file string) error { return os.Chmod(file, 0o644) },
		"damaged":             func(_ Store, file string) error { return os.WriteFile(file, []byte("secret"), 0o600) },
		"empty":               func(_ Store, file string) error { return os.Truncate(file, 0) },
		"a link": func(_ Store, file string) error {
			return errors.Join(os.Rename(file, file+".real"), os.Symlink(file+".real", file))
		},
		"folder open to others": func(s Store, _ string) error { return os.Chmod(s.dir, 0o755) },
		"folder above writable for others": func(s Store,
			_ string) error {
			return os.Chmod(filepath.Dir(s.dir), 0o777)
		},
		"left by a killed writer": func(s Store, file string) error {
			return os.Rename(file, filepath.Join(s.dir, atomicfile.TempPrefix+filepath.Base(file)+"-0"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			stores, all := both(t)
			for _, s := range stores {
				if err := breakIt(s, s.path(KeyOf("test", "work"), tokenSuffix)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := All(all).Clean(func(f File) bool { return f.Entry.Labels.Profile == "third" }); err != nil {
				t.Error(err)
			}
			for _, file := range left(t, stores) {
				if strings.Contains(file, KeyOf("test", "work").String()+tokenSuffix) &&
					!strings.HasSuffix(file, ".real") {
					t.Errorf("%s is left", file)
				}
			}
		})
	}
}

// What could not be removed is said, and the rest is removed all the same.
func TestCleanSaysWhatIsLeft(t *testing.T) {
	stores, all := both(t)
	inTheWay := stores[0].path(KeyOf("test", "work"), tokenSuffix)
	if err := errors.Join(os.Remove(inTheWay), os.MkdirAll(filepath.Join(inTheWay, "x"), 0o700)); err != nil {
		t.Fatal(err)
	}
	n, err := All(all).Clean(func(File) bool { return true })
	if n != 3 || err == nil || !strings.HasPrefix(err.Error(), "remove cached tokens: ") ||
		!strings.Contains(err.Error(), inTheWay) {
		t.Errorf("%d removed, %v", n, err)
	}
	if runtime.GOOS == "windows" {
		return // needs a right to make links
	}
	if err := errors.Join(os.RemoveAll(stores[1].dir), os.Symlink(t.TempDir(), stores[1].dir)); err != nil {
		t.Fatal(err)
	}
	if _, err := All(all).Clean(work); err == nil ||
		!strings.Contains(err.Error(), stores[1].dir+": it is a symbolic link") ||
		strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

// TestSweepEveryStore: a token of a time with another environment does not lie around until somebody logs out.
func TestSweepEveryStore(t *testing.T) {
	stores, all := both(t)
	All(all).Sweep(now.Add(time.Hour))
	for _, file := range left(t, stores) {
		if strings.HasSuffix(file, tokenSuffix) {
			t.Errorf("%s is left", file)
		}
	}
}

// What is remembered of a token whose removal was interrupted goes with the next Clean; a failure and a mark may be of
// a first token, which is being minted.
func TestCleanForgetsOrphans(t *testing.T) {
	s := testStore(t)
	living, gone, first := KeyOf("test", "living"), KeyOf("test", "gone"), KeyOf("test", "first")
	put(t, s, living, testEntry())
	want := map[string]bool{
		s.path(living, leaseSuffix): true, s.path(first, failureSuffix): true, s.path(first, refreshSuffix): true,
		s.path(gone, leaseSuffix): false, s.path(gone, serverSuffix): false, s.path(gone, failureSuffix): false,
	}
	for path := range want {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-2 * orphanAge)
	if err := os.Chtimes(s.path(gone, failureSuffix), old, old); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Clean(func(File) bool { return false }); n != 0 || err != nil {
		t.Errorf("removed %d tokens, %v", n, err)
	}
	for path, want := range want {
		if _, err := os.Lstat(path); (err == nil) != want {
			t.Errorf("%s: got there %v, want %v", filepath.Base(path), err == nil, want)
		}
	}
}
