package profile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

const project = "12345678-90ab-cdef-1234-567890abcdef"

func folders(t *testing.T) dirs.Dirs {
	base := t.TempDir()
	return dirs.Dirs{Config: filepath.Join(base, "config"), State: filepath.Join(base, "state")}
}

func TestConfigOnDisk(t *testing.T) {
	d := folders(t)
	empty, err := profile.Load(d)
	if diff := cmp.Diff(&profile.Config{Version: 1}, empty); err != nil || diff != "" {
		t.Errorf("without a file: %v, -want +got:\n%s", err, diff)
	}
	want := profile.Config{
		CurrentProfile: "work",
		Profiles: map[string]profile.Profile{"work": {ProjectID: "p", Region: "eu01", Expiration: "1h",
			Endpoints: profile.Endpoints{Edge: "https://e"}, CertificateAuthority: "/ca"}},
		TrustedHosts: []string{"localhost:1"},
		Cache:        "none",
	}
	if err := want.Save(d); err != nil {
		t.Fatal(err)
	}
	got, err := profile.Load(d)
	if diff := cmp.Diff(&want, got); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
}

func TestConfigRefused(t *testing.T) {
	path := func(d dirs.Dirs) string { return filepath.Join(d.Config, "config.json") }
	for name, c := range map[string]struct {
		content string
		mode    fs.FileMode
		want    string
		unix    bool
	}{
		"others may write":   {"{}", 0o602, "its mode 0602 gives other users access", true},
		"group may write":    {"{}", 0o660, "its mode 0660 gives other users access", true},
		"others may read":    {"{}", 0o644, "", true},
		"not JSON":           {"{", 0o600, "unexpected end of JSON input", false},
		"of a later version": {`{"version": 2}`, 0o600, "has version 2, this program knows up to 1", false},
	} {
		t.Run(name, func(t *testing.T) {
			if c.unix && runtime.GOOS == "windows" {
				return // has no modes
			}
			d := folders(t)
			if err := os.MkdirAll(d.Config, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path(d), []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path(d), c.mode); err != nil {
				t.Fatal(err)
			}
			_, err := profile.Load(d)
			if c.want == "" && err != nil || c.want != "" &&
				(err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path(d))) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestConfigBehindALink(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // making links is a privilege there, and Wine has none that can be read again
	}
	d, dotfiles := folders(t), filepath.Join(t.TempDir(), "dotfiles.json")
	if err := os.WriteFile(dotfiles, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(d.Config, 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(d.Config, "config.json")
	if err := os.Symlink(dotfiles, link); err != nil {
		t.Fatal(err)
	}
	if err := (&profile.Config{Cache: "none"}).Save(d); err != nil {
		t.Fatal(err)
	}
	if target, err := os.Readlink(link); err != nil || target != dotfiles {
		t.Errorf("the link is %q, %v", target, err)
	}
	if c, err := profile.Load(d); err != nil || c.Cache != "none" {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestSelect(t *testing.T) {
	c := &profile.Config{CurrentProfile: "current",
		Profiles: map[string]profile.Profile{"flag": {}, "env": {}, "current": {Region: "eu02"}}}
	env := func(name string) string { return map[string]string{profile.NameVariable: "env"}[name] }
	none := func(string) string { return "" }
	for _, test := range []struct {
		config *profile.Config
		flag   string
		getenv func(string) string
		want   string
		err    string
	}{
		{c, "flag", env, "flag", ""},
		{c, "", env, "env", ""},
		{c, "", none, "current", ""},
		{&profile.Config{}, "", none, "default", ""},
		{&profile.Config{}, "default", none, "default", ""},
		{c, "absent", none, "", `no profile "absent": there are current, env, flag`},
		{c, "../../x", none, "", `profile name "../../x": want up to 63`},
		{&profile.Config{CurrentProfile: "gone"}, "", none, "", `no profile "gone"`},
	} {
		got, _, err := test.config.Select(test.flag, test.getenv)
		if got != test.want || (err == nil) != (test.err == "") || err != nil &&
			!strings.HasPrefix(err.Error(), test.err) {
			t.Errorf("%q: got %q, %v, want %q, %q", test.flag, got, err, test.want, test.err)
		}
	}
}

func TestCheckName(t *testing.T) {
	for name, ok := range map[string]bool{
		"work": true, "work-eu01": true, "1": true, strings.Repeat("a", 63): true,
		"": false, strings.Repeat("a", 64): false, "-a": false, "a.b": false, "a/b": false, "..": false, "A": false,
		"ä": false, "a b": false, "a\n": false,
	} {
		if err := profile.CheckName(name); (err == nil) != ok {
			t.Errorf("%q: %v, want ok to be %v", name, err, ok)
		}
	}
}

func TestSession(t *testing.T) {
	d := folders(t)
	if _, err := profile.LoadSession(d, "work"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a file: got %v, want %v", err, fs.ErrNotExist)
	}
	want := profile.Session{
		Profile: "work", Method: "key", Principal: "ada", Generation: "1",
		Created:   time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Endpoints: profile.Endpoints{Edge: "https://e"},
	}
	if err := want.Save(d); err != nil {
		t.Fatal(err)
	}
	got, err := profile.LoadSession(d, "work")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	// A session that was copied to another profile's place.
	data, err := os.ReadFile(profile.SessionPath(d, "work"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(profile.SessionPath(d, "home"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := profile.LoadSession(d, "home"); err == nil ||
		!strings.Contains(err.Error(), `it belongs to profile "work"`) {
		t.Errorf("another profile's session: got %v", err)
	}
}

func none(string) string { return "" }

func fingerprint(d dirs.Dirs) ([32]byte, error) {
	files, err := profile.Open(d, "work", none)
	if err != nil {
		return [32]byte{}, err
	}
	return files.Fingerprint()
}

// TestFilesAreOfOneMoment has what is hashed be what is acted on, whatever is written after.
func TestFilesAreOfOneMoment(t *testing.T) {
	d := folders(t)
	config := profile.Config{CurrentProfile: "work", Profiles: map[string]profile.Profile{"work": {ProjectID: project}}}
	if err := config.Save(d); err != nil {
		t.Fatal(err)
	}
	if err := (profile.Session{Profile: "work", Principal: "ada"}).Save(d); err != nil {
		t.Fatal(err)
	}
	files, err := profile.Open(d, "", none)
	if err != nil {
		t.Fatal(err)
	}
	before, err := files.Fingerprint()
	if err != nil {
		t.Fatal(err)
	}
	if err := (&profile.Config{}).Save(d); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(profile.SessionPath(d, "work")); err != nil {
		t.Fatal(err)
	}
	scope, err := files.Scope(profile.Choice{})
	if err != nil || scope.ProjectID != project || scope.Region != profile.DefaultRegion || scope.Name != "work" {
		t.Errorf("the scope is %+v, %v", scope, err)
	}
	if session, err := scope.Session(); err != nil || session.Principal != "ada" {
		t.Errorf("the session is %+v, %v", session, err)
	}
	if after, err := files.Fingerprint(); err != nil || after != before {
		t.Errorf("the fingerprint changed: %v", err)
	}
}

func TestScope(t *testing.T) {
	d := folders(t)
	config := profile.Config{Profiles: map[string]profile.Profile{
		"work": {ProjectID: project, Region: "eu02", Expiration: "1h"}, "bad": {ProjectID: "x", Expiration: "1 year"},
		"none": {},
	}}
	if err := config.Save(d); err != nil {
		t.Fatal(err)
	}
	open := func(name string, choice profile.Choice) (profile.Scope, error) {
		files, err := profile.Open(d, name, none)
		if err != nil {
			return profile.Scope{}, err
		}
		return files.Scope(choice)
	}
	other := strings.Replace(project, "1", "2", 1)
	s, err := open("work", profile.Choice{ProjectID: other, Region: "eu01"})
	if err != nil || s.ProjectID != other || s.Region != "eu01" {
		t.Errorf("what was chosen is not there: %+v, %v", s, err)
	}
	if life, err := s.Expiration(); err != nil || life != time.Hour {
		t.Errorf("expiration %v, %v", life, err)
	}
	if _, err := s.Session(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a session: %v", err)
	}
	if s, err = open("none", profile.Choice{}); err != nil || s.NeedProject() == nil || hint.Of(s.NeedProject()) == "" {
		t.Errorf("no project: %v, %v", err, s.NeedProject())
	}
	if life, err := s.Expiration(); err != nil || life != profile.DefaultExpiration {
		t.Errorf("default expiration %v, %v", life, err)
	}
	for _, c := range []struct {
		name   string
		choice profile.Choice
	}{{"absent", profile.Choice{}}, {"bad", profile.Choice{}}, {"work", profile.Choice{Region: "../x"}}} {
		if _, err := open(c.name, c.choice); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
}

func TestFingerprint(t *testing.T) {
	d := folders(t)
	seen := map[[32]byte]string{}
	add := func(what string) {
		t.Helper()
		print, err := fingerprint(d)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[print]; ok {
			t.Errorf("%s and %s have the same fingerprint", what, other)
		}
		seen[print] = what
	}
	save := func(s interface{ Save(dirs.Dirs) error }) {
		t.Helper()
		if err := s.Save(d); err != nil {
			t.Fatal(err)
		}
	}
	add("nothing")
	save(&profile.Config{})
	add("a configuration")
	save(profile.Session{Profile: "work", Generation: "1"})
	add("a session")
	save(profile.Session{Profile: "work", Generation: "2"})
	add("another session")
	save(&profile.Config{TrustedHosts: []string{"localhost"}})
	add("another configuration")
	before, _ := fingerprint(d)
	save(profile.Session{Profile: "home", Generation: "1"})
	if after, err := fingerprint(d); err != nil || after != before {
		t.Errorf("another profile's login changes it: %v", err)
	}
}

// The folders of the configuration and of the sessions are refused where others could change what is in them.
func TestFoldersOpenToOthersAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // where there are no modes
	}
	d := dirs.Dirs{Config: filepath.Join(t.TempDir(), "kubectl-edge"),
		State: filepath.Join(t.TempDir(), "kubectl-edge")}
	if err := (&profile.Config{}).Save(d); err != nil {
		t.Fatal(err)
	}
	if err := (profile.Session{Profile: "p"}).Save(d); err != nil {
		t.Fatal(err)
	}
	for path, read := range map[string]func() error{
		d.Config: func() error { _, err := profile.Load(d); return err },
		d.State:  func() error { _, err := profile.LoadSession(d, "p"); return err },
		filepath.Dir(profile.SessionPath(d, "p")): func() error { _, err := profile.LoadSession(d, "p"); return err },
	} {
		if err := read(); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o777); err != nil {
			t.Fatal(err)
		}
		if _, ok := errors.AsType[*securefile.Error](read()); !ok {
			t.Errorf("%s with mode 0777: got %v, want it refused", path, read())
		}
		if err := os.Chmod(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
}
