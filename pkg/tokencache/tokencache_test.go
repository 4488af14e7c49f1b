package tokencache

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

var now = time.Date(2031, 5, 4, 3, 2, 1, 0, time.UTC)

func testStore(t *testing.T) Store {
	t.Helper()
	return folder(dirs.Dirs{Cache: filepath.Join(t.TempDir(), "cache")})
}

func testEntry() Entry {
	return Entry{
		Token: "secret-token", Issued: now, Expires: now.Add(15 * time.Minute),
		Labels: Labels{Instance: "demo-3714d85", Profile: "default", Principal: "someone@example.com"},
	}
}

// testCertificate is an entry of an edge cluster.
func testCertificate() Entry {
	e := testEntry()
	e.Token = ""
	e.Certificate = "-----BEGIN CERTIFICATE-----\nMIIB+/=\nabc\n-----END CERTIFICATE-----\n"
	e.PrivateKey = "-----BEGIN PRIVATE KEY-----\nsecret-token\n-----END PRIVATE KEY-----\n"
	e.Labels.Cluster, e.Labels.ClusterNamespace, e.Labels.Role = "berlin", "default", "edit in shop"
	return e
}

// testEntries are one of each kind.
func testEntries() map[string]Entry {
	clusterToken := testEntry()
	clusterToken.Labels.Cluster = "berlin"
	return map[string]Entry{"token": testEntry(), "certificate": testCertificate(), "cluster's token": clusterToken}
}

func put(t *testing.T, s Store, k Key, e Entry) string {
	t.Helper()
	if err := s.Put(k, e); err != nil {
		t.Fatal(err)
	}
	return s.path(k, tokenSuffix)
}

func TestPutGet(t *testing.T) {
	for kind, e := range testEntries() {
		t.Run(kind, func(t *testing.T) { testPutGet(t, e) })
	}
}

func testPutGet(t *testing.T, e Entry) {
	s, k := testStore(t), KeyOf("test", "a")
	path := put(t, s, k, e)
	got, err := s.Get(k, now)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(e, got); d != "" { // compares times with time.Time.Equal
		t.Error(d)
	}
	if _, err := s.Get(KeyOf("test", "b"), now); !errors.Is(err, errMiss) {
		t.Errorf("another key: got %v, want ErrMiss", err)
	}
	if _, err := s.Get(KeyOf("other", "a"), now); !errors.Is(err, errMiss) {
		t.Errorf("another kind: got %v, want ErrMiss", err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for path, want := range map[string]os.FileMode{path: 0o600, s.Dir(): 0o700 | os.ModeDir} {
		info, err := os.Lstat(path)
		if err != nil || info.Mode() != want {
			t.Errorf("%s: got mode %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
}

func TestUsableAndAgeing(t *testing.T) {
	e := testEntry() // 15 minutes
	for at, want := range map[time.Duration]struct{ usable, ageing bool }{
		-2 * time.Minute:           {false, false}, // another clock's
		-time.Second:               {true, false},
		0:                          {true, false},
		12*time.Minute - 1:         {true, false},
		12 * time.Minute:           {true, true},
		14*time.Minute + 29e9:      {true, true},
		14*time.Minute + 30e9:      {false, true},
		15 * time.Minute:           {false, true},
		24 * 365 * 10 * time.Hour:  {false, true},
		-24 * 365 * 10 * time.Hour: {false, false},
	} {
		if got := e.Usable(now.Add(at)); got != want.usable {
			t.Errorf("usable after %s: got %v", at, got)
		}
		if got := e.Ageing(now.Add(at)); got != want.ageing {
			t.Errorf("ageing after %s: got %v", at, got)
		}
	}
	if (Entry{Expires: now.Add(time.Hour), Issued: now}).Usable(now) {
		t.Error("an entry without a token is usable")
	}
}

// TestFileOfAToken holds the format to what earlier versions wrote, and will read after a return to one of them.
func TestFileOfAToken(t *testing.T) {
	data, err := encode(KeyOf("test", "a"), testEntry())
	want := "kubectl-edge-token-1\n" +
		"53f305d5949a42c95e6942b875139ec9ce19ab89ce84cce5f722a49738a414b0\n" +
		"dfd5616ec2397422e2fb65422bed649c4a8a7a036b318f92512d5dc44aeee67e\n" +
		"1935630121000000000 1935631021000000000 0\n" +
		"secret-token\ndemo-3714d85\n\n\ndefault\nsomeone@example.com"
	if err != nil || string(data) != want {
		t.Errorf("%v, got\n%s", err, data)
	}
}

// TestHidden looks for the secrets in whatever package fmt makes of an entry.
func TestHidden(t *testing.T) {
	for kind, e := range testEntries() {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if shown := fmt.Sprintf(format, e); strings.Contains(shown, "secret-token") {
				t.Errorf("%s: %s shows %s", kind, format, shown)
			}
		}
	}
}

// TestUnstorable has nothing be written that would be read as something else.
func TestUnstorable(t *testing.T) {
	for name, change := range map[string]func(*Entry){
		"line break in a label": func(e *Entry) { e.Labels.Role = "a\nb" },
		"line break in a token": func(e *Entry) { e.Token = "a\nb" },
		"backslash in PEM":      func(e *Entry) { e.PrivateKey += `\n` },
	} {
		e := testCertificate()
		change(&e)
		if _, err := encode(Key{}, e); err == nil {
			t.Errorf("%s: stored", name)
		}
	}
}

// TestDamage cuts a file at every length and flips every byte: the answer is a miss, never another token.
func TestDamage(t *testing.T) {
	s, k, e := testStore(t), KeyOf("test", "a"), testEntry()
	path := put(t, s, k, e)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, data []byte) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := s.Get(k, now)
		if !errors.Is(err, errMiss) {
			t.Errorf("%s: got %q, %v, want a miss", what, got.Token, err)
		} else if strings.Contains(err.Error(), "secret-token") {
			t.Errorf("%s: the error shows the token", what)
		}
	}
	for i := range whole {
		check(fmt.Sprintf("cut at %d", i), whole[:i])
		for bit := range 8 {
			flipped := append([]byte(nil), whole...)
			flipped[i] ^= 1 << bit
			check(fmt.Sprintf("bit %d of byte %d flipped", bit, i), flipped)
		}
	}
	check("with more behind it", append(append([]byte(nil), whole...), '\n'))
	check("of a future version", []byte(strings.Replace(string(whole), "token-1", "token-2", 1)))

	other := KeyOf("test", "b")
	otherPath := put(t, s, other, Entry{Token: "other-token", Issued: now, Expires: now.Add(time.Hour)})
	swapped, err := os.ReadFile(otherPath)
	if err != nil {
		t.Fatal(err)
	}
	check("swapped with another key's", swapped)

	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(k, now); err != nil || got.Token != e.Token {
		t.Errorf("restored: got %v", err)
	}
}

// TestDamageOfAClusters is TestDamage for the format of edge clusters' credentials.
func TestDamageOfAClusters(t *testing.T) {
	k := KeyOf("test", "a")
	whole, err := encode(k, testCertificate())
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, data []byte) {
		t.Helper()
		if got, err := decode(data, k); err == nil || strings.Contains(err.Error(), "secret-token") {
			t.Errorf("%s: got %v, %v, want an error without the key", what, got, err)
		}
	}
	for i := range whole {
		check(fmt.Sprintf("cut at %d", i), whole[:i])
		for bit := range 8 {
			flipped := append([]byte(nil), whole...)
			flipped[i] ^= 1 << bit
			check(fmt.Sprintf("bit %d of byte %d flipped", bit, i), flipped)
		}
	}
	check("with more behind it", append(append([]byte(nil), whole...), '\n'))
	for _, header := range []string{"kubectl-edge-cluster-2", "kubectl-edge-token-1"} {
		check("as "+header, []byte(strings.Replace(string(whole), "kubectl-edge-cluster-1", header, 1)))
	}
}

func TestUnusableFolders(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("there are no mode bits to test on Windows")
		return
	}
	k, e := KeyOf("test", "a"), testEntry()
	for name, breakIt := range map[string]func(t *testing.T, s Store, file string) error{
		"folder open to the group": func(_ *testing.T, s Store, _ string) error { return os.Chmod(s.Dir(), 0o750) },
		"folder open to the world": func(_ *testing.T, s Store, _ string) error { return os.Chmod(s.Dir(), 0o701) },
		"file open to the group":   func(_ *testing.T, _ Store, file string) error { return os.Chmod(file, 0o640) },
		"file of another user": func(_ *testing.T, _ Store, file string) error {
			return os.Chown(file, 65534, 65534)
		},
		"folder of another user": func(_ *testing.T, s Store,
			_ string) error {
			return os.Chown(s.Dir(), 65534, 65534)
		},
		"symlinked file": func(_ *testing.T, s Store, file string) error {
			return errors.Join(os.Rename(file, file+".real"), os.Symlink(file+".real", file))
		},
		"symlinked folder": func(_ *testing.T, s Store, _ string) error {
			return errors.Join(os.Rename(s.Dir(), s.Dir()+".real"), os.Symlink(s.Dir()+".real", s.Dir()))
		},
		"folder in the file's place": func(_ *testing.T, _ Store, file string) error {
			return errors.Join(os.Remove(file), os.Mkdir(file, 0o700))
		},
		"file in the folder's place": func(_ *testing.T, s Store, _ string) error {
			return errors.Join(os.RemoveAll(s.Dir()), os.WriteFile(s.Dir(), nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(name, "another user") && os.Geteuid() != 0 {
				t.Fatal("this test needs root, to give a file away")
			}
			s := testStore(t)
			file := put(t, s, k, e)
			if err := breakIt(t, s, file); err != nil {
				t.Fatal(err)
			}
			var refused *securefile.Error
			if _, err := s.Get(k, now); !errors.Is(err, errMiss) || !errors.As(err, &refused) {
				t.Errorf("got %v, want a miss because the file or folder is refused", err)
			}
			if !strings.Contains(name, "folder") || name == "folder in the file's place" {
				return
			}
			if err := s.Put(k, e); err == nil {
				t.Error("a token was written there")
			}
		})
	}
}

func TestRuntimeFolder(t *testing.T) {
	base := t.TempDir()
	d := dirs.Dirs{Cache: filepath.Join(base, "cache"), Runtime: filepath.Join(base, "run", "kubectl-edge")}
	if got, want := folder(d).Dir(), filepath.Join(base, "cache", "tokens"); got != want {
		t.Errorf("without a runtime folder: got %s, want %s", got, want)
	}
	if err := os.Mkdir(filepath.Join(base, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got, want := folder(d).Dir(), filepath.Join(base, "run", "kubectl-edge", "tokens"); got != want {
		t.Errorf("with one: got %s, want %s", got, want)
	}
	if err := os.Chmod(filepath.Join(base, "run"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got, want := folder(d).Dir(), filepath.Join(base, "cache", "tokens"); got != want && runtime.GOOS != "windows" {
		t.Errorf("with one open to others: got %s, want %s", got, want)
	}
}

func TestZeroStoreKeepsNothing(t *testing.T) {
	var s Store
	k := KeyOf("test", "a")
	if err := s.Put(k, testEntry()); err != nil {
		t.Error(err)
	}
	if _, err := s.Get(k, now); !errors.Is(err, errMiss) || !errors.Is(err, ErrDisabled) {
		t.Errorf("got %v", err)
	}
	s.Fail(k, now, seconds, Failure{Message: "message"})
	if _, ok := s.Failure(k, now); ok || s.StartRefresh(k, now, Entry.Ageing) ||
		s.Lease(k, Client{}, testEntry(), now.Add(time.Hour), now) {
		t.Error("the zero store remembers something")
	}
}

func TestEntryHidesItsToken(t *testing.T) {
	e := testEntry()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, e); strings.Contains(got, e.Token) {
			t.Errorf("%s shows %s", verb, got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	k := KeyOf("test", "a")
	data, err := encode(k, testEntry())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(magic + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := decode(data, k)
		if err != nil {
			return
		}
		if again, err := encode(k, e); err != nil || !bytes.Equal(again, data) {
			t.Errorf("%q decodes to what encodes to %q, %v", data, again, err)
		}
	})
}
