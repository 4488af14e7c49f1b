package kubeconfig

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// emptyForms are all the ways in which files hold no entry.
func emptyForms() (forms []string) {
	const head, other = "apiVersion: v1\nkind: Config\n", "users:\n- name: other\n  user: {}\n"
	for _, none := range []string{"", " []", " [ ]", " null", " ~", "    []", " []   # none yet", " # none yet",
		"\n  []", " [\n]"} {
		forms = append(forms,
			head+"clusters:"+none+"\ncontexts:"+none+"\nusers:"+none+"\n",
			"users:"+none+"\n"+head+"# about clusters\nclusters:"+none+"\n\n",
			"users:"+none+"\n"+head+"contexts:"+none+"\n  # deeper\n# end\n")
	}
	for _, none := range []string{"", ` ""`, " ''", " null", " ~", `   ""   # none`, " # none", "\n  \"\""} {
		forms = append(forms, head+"current-context:"+none+"\n", "current-context:"+none+"\n"+head+other,
			head+"users: []\ncurrent-context:"+none+"\ncontexts:\nclusters: null\npreferences: {}\n")
	}
	forms = append(forms,
		head, head+"\n\n# the end\n", head+"preferences: {}\n", "---\n"+head, "---\n"+head+"---\n", head+"...\n",
		head+"x-text: |\n  one\n  two\n", head+other+"current-context: other\n", head+other, other+"# c\n\n"+head,
		"", "\n", "  \n", "# only comments", "# only comments\n", "# a\n\n\n# b\n\n", "---\n", "--- # c\n", "---",
		"null",
		"null\n", "~\n", "--- null\n", "--- ~\n# c\n", "---\nnull\n", "# c\n---\n", "---\n---\n", "---\n...\n",
		"{}", "{}\n", "{ }\n", "{\n}\n", "--- {}\n", "# c\n{}\n", "{} # c\n",
		`{apiVersion: v1}`,
		`{apiVersion: v1, kind: Config, users: [], clusters: ~, contexts: , current-context: }`+"\n",
		`{"apiVersion":"v1","kind":"Config","clusters":null,"contexts":[],"users":null,"current-context":""}`,
		`{"kind":"Config","users":[ ], "clusters": []}`+"\n",
		"{\n    \"apiVersion\": \"v1\",\n    \"clusters\": [],\n    \"users\": null,\n    \"contexts\": [\n    ],\n"+
			"    \"current-context\": \"\"\n}\n",
		"{\n\t\"kind\": \"Config\"\n}", "{\n  \"users\": [],\n  \"kind\": \"Config\"\n}\n", "{apiVersion: v1,}\n",
		"\"apiVersion\": v1\n'users': []\n\"current-context\" : ''\n",
	)
	for _, form := range forms {
		forms = append(forms, strings.ReplaceAll(form, "\n", "\r\n"), bom+form)
		if form != "\n" {
			forms = append(forms, strings.TrimSuffix(form, "\n"))
		}
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// noted is a kubeconfig with what is known of how it was before.
type noted struct {
	text  string
	shape yamledit.Shape
}

func (n *noted) edit(t *testing.T, change func(config *api.Config)) {
	t.Helper()
	d, err := parse([]byte(n.text))
	if err != nil {
		t.Fatalf("%q: %v", n.text, err)
	}
	d.before = n.shape
	want := d.model.DeepCopy()
	change(want)
	data, shape, err := d.apply(want)
	if err != nil {
		t.Errorf("%q: %v", n.text, err)
	}
	n.text, n.shape = string(data), shape
}

func (n *noted) put(t *testing.T, names ...string) {
	t.Helper()
	n.edit(t, func(config *api.Config) {
		for _, name := range names {
			user := ExecUser([]string{name}, "hint")
			Entry{Name: name, Server: "https://" + name + ".example", User: user}.Put(config)
			if config.CurrentContext == "" {
				config.CurrentContext = name
			}
		}
	})
}

func (n *noted) remove(t *testing.T, names ...string) {
	t.Helper()
	n.edit(t, func(config *api.Config) { Remove(config, names...) })
}

// What was written into a file and taken out again leaves it as it was, to the byte, however it says that there is
// nothing, and in any order.
func TestRemoveRestores(t *testing.T) {
	ways := map[string]func(t *testing.T, n *noted){
		"one": func(t *testing.T, n *noted) {
			n.put(t, "a")
			n.remove(t, "a")
		},
		"last in, first out": func(t *testing.T, n *noted) {
			n.put(t, "a")
			n.put(t, "b")
			n.remove(t, "b")
			n.remove(t, "a")
		},
		"first in, first out": func(t *testing.T, n *noted) {
			n.put(t, "a")
			n.put(t, "b")
			n.remove(t, "a")
			n.remove(t, "b")
		},
		"at once, twice": func(t *testing.T, n *noted) {
			n.put(t, "a", "b")
			n.remove(t, "a", "b")
			n.put(t, "b")
			n.remove(t, "b")
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			for _, form := range emptyForms() {
				n := &noted{text: form}
				if way(t, n); n.text != form {
					t.Errorf("%q became\n%q", form, n.text)
				}
				if !n.shape.Empty() {
					t.Errorf("%q: of the file that is as it was is still noted %v", form, n.shape)
				}
			}
		})
	}
}

// The blank lines at the end of a text that keeps them ("|+") are the text's.
func TestRemoveRestoresKeptLines(t *testing.T) {
	const head = "clusters: []\ncontexts: []\nusers:\n- name: x\n  user:\n    token: "
	for _, form := range []string{
		head + "|+\n      abc\n\n", head + "|+\n      abc\n\n\n", head + ">+\n      abc\n      def\n\n",
		head + "|+\n\n\n", head + "|+\n      abc\n\n# the end\n", head + "|\n      abc\n\n",
		head + "|+\n      abc\n\n- name: z\n  user: {}\n", head + "|2+\n      abc\n\n\n# the end\n\n",
		"users:\n- name: x\n  user:\n    token: |+\n      abc\n\ncontexts: []\nclusters: []\n",
	} {
		n := &noted{text: form}
		n.put(t, "a")
		if n.text == form {
			t.Errorf("%q: nothing was added", form)
		}
		if n.remove(t, "a"); n.text != form {
			t.Errorf("%q became\n%q", form, n.text)
		}
	}
}

// What somebody has written into the places that we filled stays.
func TestRemoveRestoresNothingOverOthers(t *testing.T) {
	const head = "apiVersion: v1\nkind: Config\n"
	for _, form := range []string{head, head + "users: []\ncurrent-context: ''\n", "", "# mine\n", "null\n"} {
		for _, c := range []struct{ where, text string }{
			{"users:", "# about users\nusers:"},
			{"users:\n", "users: # of us\n"},
			{"users:\n", "users:\n# the first\n"},
			{"current-context: a", "current-context: a # the only one"},
			{"kind: Config\n", "kind: Config\nx-more: 1\n"},
			{"kind: Config\n", "kind: Config # it is\n"},
			{"contexts:\n", "contexts:\n- name: other\n  context: {}\n"},
		} {
			n := &noted{text: form}
			n.put(t, "a")
			theirs := strings.Replace(n.text, c.where, c.text, 1)
			n.text = theirs
			if n.remove(t, "a"); strings.Contains(n.text, "example") {
				t.Errorf("%q is still there", n.text)
			}
			added := strings.TrimSpace(strings.Replace(c.text, strings.TrimSpace(c.where), "", 1))
			if !strings.Contains(n.text, added) {
				t.Errorf("%q with %q became\n%q", form, c.text, n.text)
			}
		}
	}
}

// The note is a file of our own: without it nothing fails, and it goes when there is nothing to say, and with its file.
func TestNote(t *testing.T) {
	const form = "apiVersion: v1\nkind: Config\nusers: null\n"
	path, gone := filepath.Join(t.TempDir(), "config"), filepath.Join(t.TempDir(), "gone")
	put := func(path, name string) {
		t.Helper()
		if err := Edit(t.Context(), path, func(config *api.Config) error {
			Entry{Name: name, Server: "https://x.example", User: ExecUser(nil, "")}.Put(config)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	remove := func() {
		t.Helper()
		if err := Edit(t.Context(), path, func(config *api.Config) error {
			Remove(config, "a", "b")
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	write(t, path, form, 0o600)
	put(path, "a")
	if n, err := readNote(notePath(shapes, path)); err != nil || n.Path != path || len(n.Shape.Fields) != 3 {
		t.Errorf("noted is %v, %v", n, err)
	}
	write(t, gone, form, 0o600)
	put(gone, "a")
	remove()
	if fileText(t, path) != form {
		t.Errorf("got %q, want %q", fileText(t, path), form)
	}
	if _, err := os.Stat(notePath(shapes, path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the note is still there: %v", err)
	}
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	put(path, "a")
	if _, err := os.Stat(notePath(shapes, gone)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the note of a file that is gone: %v", err)
	}
	write(t, notePath(shapes, path), "{", 0o600)
	put(path, "b")
	remove()
	if got, want := fileText(t, path), "apiVersion: v1\nkind: Config\nusers:\nclusters:\ncontexts:\n"; got != want {
		t.Errorf("without a note: got %q, want %q", got, want)
	}

	made := filepath.Join(t.TempDir(), "made")
	put(made, "a")
	if _, err := os.Stat(notePath(shapes, made)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of a file that was not there is a note: %v", err)
	}
}
