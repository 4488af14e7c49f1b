package stsconfig

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func edit(t *testing.T, path string, change func(*File) error) {
	t.Helper()
	if err := Edit(t.Context(), path, path+".lock", change); err != nil {
		t.Fatal(err)
	}
}

const sample = `# my servers
contexts:
  - name: one # the first
    context:
      url: https://one.example
      service-token: svctok-one
      api-path: /api
      admin-api-path: ""
      skip-ssl: false
      future-key: stays
  - name: two
    context:
      url: https://two.example
      api-token: apitok-two
      skip-ssl: true
other-tool: {a: 1}
current-context: one
`

func TestLoad(t *testing.T) {
	f, err := Load(write(t, sample))
	if err != nil {
		t.Fatal(err)
	}
	want := []Named{
		{"one", Context{URL: "https://one.example", ServiceToken: "svctok-one", APIPath: "/api"}},
		{"two", Context{URL: "https://two.example", APIToken: "apitok-two", SkipSSL: true}},
	}
	if diff := cmp.Diff(want, f.Contexts()); diff != "" {
		t.Errorf("contexts (-want +got):\n%s", diff)
	}
	if f.Current != "one" || !f.Exists {
		t.Errorf("current %q, exists %v", f.Current, f.Exists)
	}
}

func TestLoadForms(t *testing.T) {
	for name, tc := range map[string]struct{ content, current, url string }{
		"empty":        {"", "", ""},
		"only comment": {"# nothing\n", "", ""},
		"no contexts":  {"contexts: []\ncurrent-context: \"\"\n", "", ""},
		"old form":     {"url: https://old.example\napi-token: t\n", "default", "https://old.example"},
	} {
		f, err := Load(write(t, tc.content))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c, _ := f.Get("default")
		if f.Current != tc.current || c.URL != tc.url {
			t.Errorf("%s: current %q with url %q", name, f.Current, c.URL)
		}
	}
}

// TestUnreadableIsNeverOverwritten: also not quoted, for it may hold tokens.
func TestUnreadableIsNeverOverwritten(t *testing.T) {
	for _, content := range []string{"contexts: [svctok-secret", "- svctok-secret\n", "contexts: svctok-secret\n"} {
		path := write(t, content)
		err := Edit(t.Context(), path, path+".lock",
			func(f *File) error { f.Set("new", Context{URL: "https://new.example"}); return nil })
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: error %v", content, err)
		}
		if got := read(t, path); got != content {
			t.Errorf("%q became %q", content, got)
		}
	}
}

func TestEditKeepsTheRest(t *testing.T) {
	path := write(t, sample)
	edit(t, path, func(f *File) error {
		f.SetCurrent("three")
		f.Delete("two")
		f.Set("one", Context{URL: "https://one.example", SealedToken: "x", Roles: []string{"r"}})
		f.Set("three", Context{URL: "https://three.example"})
		return nil
	})
	want := `# my servers
contexts:
  - name: one # the first
    context:
      url: https://one.example
      admin-api-path: ""
      skip-ssl: false
      future-key: stays
      sealed-token: x
      roles:
      - r
  - name: three
    context:
      url: https://three.example
other-tool: {a: 1}
current-context: three
`
	if diff := cmp.Diff(want, read(t, path)); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o077 != 0o040 && os.PathSeparator == '/' {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// TestRemoveTokens: one that was renewed since it was copied stays.
func TestRemoveTokens(t *testing.T) {
	path := write(t, sample)
	edit(t, path, func(f *File) error {
		f.RemoveTokens([]Named{
			{"one", Context{ServiceToken: "svctok-one"}},
			{"two", Context{APIToken: "apitok-before"}},
			{"three", Context{APIToken: "apitok-three"}},
		})
		return nil
	})
	if diff := cmp.Diff(strings.Replace(sample, "      service-token: svctok-one\n", "", 1),
		read(t, path)); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

// TestEditIsExact: every byte outside the change stays, however the file is written.
func TestEditIsExact(t *testing.T) {
	current := func(f *File) { f.SetCurrent("two") }
	url := func(f *File) {
		c, _ := f.Get("one")
		c.URL = "https://uno.example"
		f.Set("one", c)
	}
	add := func(f *File) {
		f.Set("new", Context{URL: "https://new.example", SkipSSL: true, Roles: []string{"a", "b"}})
	}
	remove := func(f *File) { f.Delete("one") }
	const odd = "# top\n\ncontexts:   # all\n   -   name:   \"one\"   # first\n       context:\n" +
		"            # where\n            url:    'https://one.example' # trailing\n            future: [a,   b]\n\n" +
		"   # between\n   - context: {url: x}\n     name: two\ncurrent-context:   one\nother:  1\n"
	for name, c := range map[string]struct {
		in     string
		change func(*File)
		want   string
	}{
		"nothing": {odd, func(*File) {}, odd},
		"current": {odd, current, strings.Replace(odd, "current-context:   one", "current-context:   two", 1)},
		"url":     {odd, url, strings.Replace(odd, "'https://one.example'", "https://uno.example", 1)},
		"add": {odd, add, strings.Replace(odd, "     name: two\n",
			"     name: two\n   - name: new\n     context:\n       url: https://new.example\n"+
				"       skip-ssl: true\n       roles:\n       - a\n       - b\n", 1)},
		"remove": {odd, remove, "# top\n\ncontexts:   # all\n\n   # between\n   - context: {url: x}\n     name: " +
			"two\ncurrent-context:   one\nother:  1\n"},
		"CRLF": {strings.ReplaceAll(odd, "\n", "\r\n"), url,
			strings.ReplaceAll(strings.Replace(odd, "'https://one.example'", "https://uno.example", 1), "\n", "\r\n")},
		"flow": {
			"{contexts: [ {name: one, context: {url: a,  x: 1}} ],\n  current-context: one} # end\n", add,
			"{contexts: [ {name: one, context: {url: a,  x: 1}}, " +
				`{"name":"new","context":{"url":"https://new.example","skip-ssl":true,"roles":["a","b"]}}` +
				" ],\n  current-context: one} # end\n",
		},
		"anchors": {
			"x: &x {url: shared}\ncontexts:\n- name: one\n  context: &one\n    <<: *x\n    api-path: /p\n- {name: " +
				"two, context: *one}\ncurrent-context: one\n", current,
			"x: &x {url: shared}\ncontexts:\n- name: one\n  context: &one\n    <<: *x\n    api-path: /p\n- {name: " +
				"two, context: *one}\ncurrent-context: two\n",
		},
		"documents": {odd + "---\n  second:   [1]\n...\n# end\n", current,
			strings.Replace(odd, "current-context:   one", "current-context:   two", 1) +
				"---\n  second:   [1]\n...\n# end\n"},
		"no file's end": {"contexts: []   # none\ncurrent-context: ''", add,
			"contexts:   # none\n- name: new\n  context:\n    url: https://new.example\n    skip-ssl: true\n    " +
				"roles:\n    - a\n    - b\ncurrent-context: ''"},
		"old form": {"# mine\nurl:   https://old.example # here\n\n# why\nfuture-key: |\n  a\n   b\n--- # second\nx: " +
			"  1\n", current,
			"# mine\ncontexts:\n- name: default\n  context:\n    url:   https://old.example # here\n\n    # why\n    " +
				"future-key: |\n      a\n       b\ncurrent-context: two\n--- # second\nx:   1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, c.in)
			edit(t, path, func(f *File) error { c.change(f); return nil })
			if diff := cmp.Diff(c.want, read(t, path)); diff != "" {
				t.Errorf("file (-want +got):\n%s", diff)
			}
		})
	}
}

// What cannot be edited without touching more is refused, and stays.
func TestEditRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		in     string
		change func(*File)
	}{
		"anchor that another uses": {"contexts:\n- name: one\n  context: &x {url: a}\n- name: two\n  context: *x\n",
			func(f *File) { f.Delete("one") }},
		"twice": {"contexts:\n- name: one\n  context: {url: a}\n- name: one\n  context: {url: b}\n",
			func(f *File) { f.Delete("one") }},
	} {
		path := write(t, c.in)
		err := Edit(t.Context(), path, path+".lock", func(f *File) error { c.change(f); return nil })
		if got := read(t, path); err == nil || got != c.in {
			t.Errorf("%s: error %v, and it became\n%s", name, err, got)
		}
	}
}

func TestEditOldForm(t *testing.T) {
	path := write(t, "url: https://old.example\napi-token: t\nfuture-key: stays\n")
	edit(t, path, func(f *File) error { f.Set("new", Context{URL: "https://new.example"}); return nil })
	f, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	old, _ := f.Get("default")
	added, _ := f.Get("new")
	if old.APIToken != "t" || added.URL != "https://new.example" ||
		!strings.Contains(read(t, path), "future-key: stays") {
		t.Errorf("file:\n%s", read(t, path))
	}
}

func TestSaveThroughSymlink(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // making links is a privilege there, and Wine has none that can be read again
	}
	target := write(t, sample)
	link := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	edit(t, link, func(f *File) error { f.SetCurrent("two"); return nil })
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the symlink was replaced")
	}
	if !strings.Contains(read(t, target), "current-context: two") {
		t.Error("the target was not written")
	}
}

func TestEditsExcludeEachOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "config.yaml")
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			err := Edit(t.Context(), path, path+".lock", func(f *File) error {
				f.Set(fmt.Sprintf("c%d", i), Context{URL: "https://x.example"})
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	f, err := Load(path)
	if err != nil || len(f.Contexts()) != 20 {
		t.Errorf("%d contexts, %v", len(f.Contexts()), err)
	}
}

func TestContextHidesTokens(t *testing.T) {
	c := Context{URL: "u", APIToken: "secret", ServiceToken: "secret"}
	if text := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(text, "secret") {
		t.Error(text)
	}
}
