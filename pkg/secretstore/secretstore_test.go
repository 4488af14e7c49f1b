package secretstore

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zalando/go-keyring"

	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore/keyringtest"
)

// fakeKeyring is a keyring in memory. Calls fail with err, or hang as long as hang is open.
type fakeKeyring struct {
	mu      sync.Mutex
	entries map[string]string
	err     error
	hang    chan struct{}
	calls   int
	dismiss bool // Set reports success and stores nothing
}

func (k *fakeKeyring) enter() error {
	k.mu.Lock()
	k.calls++
	hang := k.hang
	k.mu.Unlock()
	if hang != nil {
		<-hang
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.err
}

func (k *fakeKeyring) Get(service, user string) (string, error) {
	if err := k.enter(); err != nil {
		return "", err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	password, ok := k.entries[service+"/"+user]
	if !ok {
		return "", keyring.ErrNotFound
	}
	return password, nil
}

func (k *fakeKeyring) Set(service, user, password string) error {
	if err := k.enter(); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.entries == nil {
		k.entries = map[string]string{}
	}
	if !k.dismiss {
		k.entries[service+"/"+user] = password
	}
	return nil
}

func (k *fakeKeyring) Delete(service, user string) error {
	if err := k.enter(); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.entries, service+"/"+user)
	return nil
}

func (k *fakeKeyring) set(change func(*fakeKeyring)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change(k)
}

// open returns the store as another process would open it.
func open(dir string, k Keyring) *Store {
	return Open(Options{Dir: dir, Service: "kubectl-edge-test", Keyring: k})
}

func save(t *testing.T, s *Store, name, secret string) {
	t.Helper()
	if err := s.Save(name, []byte(secret), []byte("purpose of "+name)); err != nil {
		t.Fatal(err)
	}
}

func wantSecret(t *testing.T, s *Store, name, want string) {
	t.Helper()
	got, err := s.Load(name, []byte("purpose of "+name))
	if err != nil {
		t.Errorf("Load(%q): %v", name, err)
	} else if string(got) != want {
		t.Errorf("Load(%q) = %q, want %q", name, got, want)
	}
}

func wantLocation(t *testing.T, s *Store, keyIn, reason string) {
	t.Helper()
	got, err := s.Location()
	if err != nil {
		t.Fatal(err)
	}
	if got.KeyIn != keyIn || !strings.Contains(got.Reason, reason) || reason == "" && got.Reason != "" {
		t.Errorf("Location() = %+v, want key in %q because of %q", got, keyIn, reason)
	}
	if _, err := os.Stat(got.Path); err != nil {
		t.Errorf("Location names a path that is not there: %v", err)
	}
}

func TestSaveAndLoad(t *testing.T) {
	for _, tc := range []struct {
		name    string
		keyring Keyring
		keyIn   string
		reason  string
	}{
		{"keyring", &fakeKeyring{}, InKeyring, ""},
		{"failing keyring", &fakeKeyring{err: errors.New("no such service")}, InFile, "no such service"},
		{"no keyring", keyringtest.None("switched off"), InFile, "switched off"},
		{"keyring whose prompt was dismissed", &fakeKeyring{dismiss: true}, InFile, "not found in keyring"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state", "secrets")
			s := open(dir, tc.keyring)
			if _, err := s.Load("a", nil); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Load before Save: %v, want fs.ErrNotExist", err)
			}
			save(t, s, "a", "squeamish")
			save(t, s, "b", "ossifrage")
			save(t, s, "a", "squeamish again")
			wantLocation(t, s, tc.keyIn, tc.reason)

			other := open(dir, tc.keyring)
			wantSecret(t, other, "a", "squeamish again")
			wantSecret(t, other, "b", "ossifrage")
			names, err := other.Names()
			if diff := cmp.Diff([]string{"a", "b"}, names); diff != "" || err != nil {
				t.Errorf("Names: %v %s", err, diff)
			}
			if err := other.CheckKey(); err != nil {
				t.Errorf("CheckKey: %v", err)
			}
			checkFiles(t, dir, "squeamish", "ossifrage")

			if err := errors.Join(other.Delete("a"), other.Delete("a")); err != nil {
				t.Error(err)
			}
			if _, err := s.Load("a", []byte("purpose of a")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Load after Delete: %v, want fs.ErrNotExist", err)
			}
		})
	}
}

// checkFiles fails if a file in dir is accessible to others or has one of the secrets in it.
func checkFiles(t *testing.T, dir string, secrets ...string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if d.IsDir() {
			return nil
		}
		data, err := os.ReadFile(path)
		for _, secret := range secrets {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s holds a secret", path)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestKeyringThatHangs(t *testing.T) {
	k := &fakeKeyring{hang: make(chan struct{})}
	defer close(k.hang)
	s := open(t.TempDir()+"/secrets", k)
	s.keyring.timeout = 20 * time.Millisecond
	save(t, s, "a", "squeamish")
	save(t, s, "b", "ossifrage")
	wantSecret(t, s, "a", "squeamish")
	if err := s.RotateKey(); err != nil {
		t.Error(err)
	}
	wantLocation(t, s, InFile, "did not answer")
	k.set(func(k *fakeKeyring) {
		if k.calls > 1 {
			t.Errorf("a keyring that hangs was called %d times, want once", k.calls)
		}
	})
}

func TestKeyringGoneLater(t *testing.T) {
	for name, gone := range map[string]struct {
		change func(*fakeKeyring)
		want   string
		kind   error
	}{
		"unreachable": {func(k *fakeKeyring) { k.err = errors.New("connection refused") }, "connection refused",
			ErrUnreachable},
		"entry deleted": {func(k *fakeKeyring) { k.entries = nil }, "no longer in the system's keyring",
			ErrLost},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir() + "/secrets"
			k := &fakeKeyring{}
			save(t, open(dir, k), "a", "squeamish")
			k.set(gone.change)

			s := open(dir, k)
			_, errLoad := s.Load("a", []byte("purpose of a"))
			for action, err := range map[string]error{
				"Load": errLoad, "RotateKey": s.RotateKey(), "CheckKey": s.CheckKey(),
			} {
				if !errors.Is(err, gone.kind) || !strings.Contains(err.Error(), gone.want) {
					t.Errorf("%s: error %v, want %q, %v", action, err, gone.want, gone.kind)
				}
			}
			wantLocation(t, s, InKeyring, "") // no other key was made

			p, err := s.Reserve("b", 100)
			if gone.kind == ErrUnreachable { // for a moment, perhaps
				if !errors.Is(err, gone.kind) || !errors.Is(s.Save("b", nil, nil), gone.kind) {
					t.Errorf("Reserve: %v", err)
				}
				wantLocation(t, s, InKeyring, "")
				k.set(func(k *fakeKeyring) { k.err = nil })
				wantSecret(t, open(dir, k), "a", "squeamish")
				k.set(gone.change)
				if err := s.Delete("a"); err != nil {
					t.Fatal(err)
				}
			} else if err != nil {
				t.Fatal(err)
			} else {
				p.Release()
			}
			save(t, s, "b", "ossifrage") // somebody has logged in again
			wantSecret(t, open(dir, k), "b", "ossifrage")
		})
	}
}

func TestRotateKey(t *testing.T) {
	dir := t.TempDir() + "/secrets"
	k := &fakeKeyring{err: errors.New("no service yet")}
	s := open(dir, k)
	save(t, s, "a", "squeamish")
	save(t, s, "b", "ossifrage")
	wantLocation(t, s, InFile, "no service yet")
	before, _ := os.ReadFile(s.path("a"))

	k.set(func(k *fakeKeyring) { k.err = nil })
	s = open(dir, k)
	reader := open(dir, k)
	if err := s.RotateKey(); err != nil {
		t.Fatal(err)
	}
	wantLocation(t, s, InKeyring, "")
	for _, s := range []*Store{s, reader, open(dir, k)} {
		wantSecret(t, s, "a", "squeamish")
		wantSecret(t, s, "b", "ossifrage")
	}
	if keys, _ := filepath.Glob(dir + "/*" + keySuffix); len(keys) != 0 {
		t.Errorf("old keys stayed behind: %v", keys)
	}
	if err := s.RotateKey(); err != nil {
		t.Fatal(err)
	}
	if len(k.entries) != 1 {
		t.Errorf("%d keys in the keyring, want 1", len(k.entries))
	}
	wantSecret(t, open(dir, k), "a", "squeamish")
	if after, _ := os.ReadFile(s.path("a")); bytes.Equal(before, after) {
		t.Error("the secret was not sealed again")
	}
}

// A rotation that stops halfway leaves every secret readable, and the next one completes it.
func TestRotateKeyInterrupted(t *testing.T) {
	dir := t.TempDir() + "/secrets"
	k := &fakeKeyring{}
	s := open(dir, k)
	for _, name := range []string{"a", "b", "c"} {
		save(t, s, name, "secret of "+name)
	}
	intact, err := os.ReadFile(s.path("b"))
	if err != nil {
		t.Fatal(err)
	}
	write := func(data []byte) {
		if err := os.WriteFile(s.path("b"), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write([]byte("damaged"))
	if err := open(dir, k).RotateKey(); err == nil {
		t.Fatal("RotateKey did not notice the damaged secret")
	}
	write(intact)
	wantAll := func() {
		for _, name := range []string{"a", "b", "c"} {
			wantSecret(t, open(dir, k), name, "secret of "+name)
		}
	}
	wantAll()
	if err := open(dir, k).RotateKey(); err != nil {
		t.Fatal(err)
	}
	wantAll()
	if len(k.entries) != 1 {
		t.Errorf("%d keys in the keyring, want 1", len(k.entries))
	}
}

func TestOneKeyForAll(t *testing.T) {
	dir := t.TempDir() + "/secrets"
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			name := fmt.Sprint("s", i)
			save(t, open(dir, keyringtest.None("none")), name, "secret of "+name)
		})
	}
	wg.Wait()
	if keys, _ := filepath.Glob(dir + "/*" + keySuffix); len(keys) != 1 {
		t.Errorf("%d keys, want 1", len(keys))
	}
	for i := range 16 {
		name := fmt.Sprint("s", i)
		wantSecret(t, open(dir, keyringtest.None("none")), name, "secret of "+name)
	}
}

func TestLoadRefuses(t *testing.T) {
	rewrite := func(change func([]byte) []byte) func(*testing.T, *Store) {
		return func(t *testing.T, s *Store) {
			data, err := os.ReadFile(s.path("a"))
			if err == nil {
				err = os.WriteFile(s.path("a"), change(data), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tc := range []struct {
		name string
		want string
		do   func(*testing.T, *Store)
	}{
		{"changed", "it was changed", rewrite(func(data []byte) []byte {
			i := bytes.Index(data, []byte(`"ciphertext":"`)) + len(`"ciphertext":"`) + 30
			if data[i] == 'A' {
				data[i] = 'B'
			} else {
				data[i] = 'A'
			}
			return data
		})},
		{"of a newer version", "format version 2", rewrite(func(data []byte) []byte {
			return bytes.Replace(data, []byte(`"version":1`), []byte(`"version":2`), 1)
		})},
		{"no sealed file", "not a sealed file", rewrite(func([]byte) []byte { return []byte("squeamish") })},
		{"of another name", "it was changed", func(t *testing.T, s *Store) {
			if err := s.Save("b", []byte("ossifrage"), []byte("purpose of a")); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(s.path("b"), s.path("a")); err != nil {
				t.Fatal(err)
			}
		}},
		{"for another purpose", "another purpose", func(t *testing.T, s *Store) {
			if err := s.Save("a", nil, []byte("something else")); err != nil {
				t.Fatal(err)
			}
		}},
		{"key file gone", "its key is gone", func(t *testing.T, s *Store) {
			location, _ := s.Location()
			if err := os.Remove(location.Path); err != nil {
				t.Fatal(err)
			}
		}},
		{"key damaged", "damaged", func(t *testing.T, s *Store) {
			location, _ := s.Location()
			if err := os.WriteFile(location.Path, []byte("c3F1ZWFtaXNo"), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"key unknown", "is not among those", func(t *testing.T, s *Store) {
			other := `{"version":1,"keys":[{"id":"0011223344556677","in":"file"}]}`
			if err := os.WriteFile(s.ringPath(), []byte(other), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir() + "/secrets"
			s := open(dir, keyringtest.None("none"))
			save(t, s, "a", "squeamish")
			tc.do(t, s)
			_, err := open(dir, keyringtest.None("none")).Load("a", []byte("purpose of a"))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Load: %v, want %q", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "squeamish") {
				t.Errorf("the error has the secret in it: %v", err)
			}
		})
	}
}

// Which keys there are can be found out again: nothing is lost with keys.json, and what needs a key goes on.
func TestRingIsLost(t *testing.T) {
	for name, lose := range map[string]func(path string) error{
		"gone":  os.RemoveAll,
		"empty": func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"cut":   func(path string) error { return os.WriteFile(path, []byte(`{"version":1,"ke`), 0o600) },
	} {
		for where, keyring := range map[string]Keyring{"keyring": &fakeKeyring{}, "file": keyringtest.None("none")} {
			t.Run(name+" with the key in the "+where, func(t *testing.T) {
				dir := t.TempDir() + "/secrets"
				s := open(dir, keyring)
				save(t, s, "a", "squeamish")
				if err := lose(s.ringPath()); err != nil {
					t.Fatal(err)
				}
				wantSecret(t, open(dir, keyring), "a", "squeamish")
				save(t, open(dir, keyring), "b", "ossifrage")
				if location, err := open(dir, keyring).Location(); err != nil || location.KeyIn != where {
					t.Errorf("%+v, %v", location, err)
				}
				if err := lose(s.ringPath()); err != nil {
					t.Fatal(err)
				}
				if err := open(dir, keyring).RotateKey(); err != nil {
					t.Error(err)
				}
				wantSecret(t, open(dir, keyring), "a", "squeamish")
				wantSecret(t, open(dir, keyring), "b", "ossifrage")
			})
		}
	}
}

func TestNames(t *testing.T) {
	s := open(t.TempDir()+"/secrets", keyringtest.None("none"))
	for _, name := range []string{"", "..", "../a", "a/b", `a\b`, "A", "a b", ".a", "-a", "a:b",
		strings.Repeat("a", 129), "ä"} {
		_, errLoad := s.Load(name, nil)
		for action, err := range map[string]error{"Save": s.Save(name, nil, nil), "Load": errLoad,
			"Delete": s.Delete(name)} {
			if err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s(%q): error %v, want the name to be refused", action, name, err)
			}
		}
	}
}

// A key whose making was interrupted, before the ring named it, goes when the next one is made.
func TestOrphanedKeyGoes(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	orphan := filepath.Join(dir, "0123456789abcdef"+keySuffix)
	if err := os.WriteFile(orphan, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Open(Options{Dir: dir, Service: "kubectl-edge-test"}).Save("name", []byte("secret"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(orphan); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the orphan is there: %v", err)
	}
}
