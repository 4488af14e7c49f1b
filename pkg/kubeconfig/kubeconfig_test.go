package kubeconfig

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/audit"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// onWindows is for the few rules of its file system that differ.
const onWindows = runtime.GOOS == "windows"

func write(t *testing.T, path, data string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func fileText(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// clean fails if a folder holds anything but the named files.
func clean(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
		t.Errorf("files in the folder: -want +got:\n%s", diff)
	}
}

func edit(c *api.Config) error {
	addEntry(c)
	return nil
}

func TestEditMakesFileAndFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".kube", "config")
	if err := Edit(t.Context(), path, edit); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{path: 0o600, filepath.Dir(path): fs.ModeDir | 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode() != want && !onWindows {
			t.Errorf("mode of %s is %v (%v), want %v", name, info.Mode(), err, want)
		}
	}
	clean(t, filepath.Dir(path), "config")
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := clientcmd.NewDefaultClientConfig(*config, nil).ClientConfig(); err != nil {
		t.Errorf("client-go cannot use it: %v", err)
	}
}

func TestEditKeepsModeAndSymlinks(t *testing.T) {
	if onWindows {
		return // making links is a privilege there, and Wine has none that can be read again
	}
	dir := t.TempDir()
	target := filepath.Join(dir, "real", "config")
	write(t, target, annotated, 0o640)
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join("real", "config"), link); err != nil {
		t.Fatal(err)
	}
	if err := Edit(t.Context(), link, edit); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("the symlink was replaced: %v", err)
	}
	if info, err := os.Stat(target); err != nil || info.Mode() != 0o640 && !onWindows {
		t.Errorf("mode %v, want 0640", info.Mode())
	}
	if want, _ := edited(t, annotated, addEntry); fileText(t, target) != want {
		t.Errorf("not edited:\n%s", fileText(t, target))
	}
	clean(t, dir, "link", "real")
	clean(t, filepath.Join(dir, "real"), "config")
}

// Entries go where client-go's own ModifyConfig puts them.
func TestEditChoosesFilesAsClientGo(t *testing.T) {
	first := "contexts:\n- name: both\n  context: {cluster: first}\ncurrent-context: \"\"\n"
	second := "contexts:\n- name: both\n  context: {cluster: second}\n- name: own\n  context: {cluster: " +
		"own}\ncurrent-context: own\n"
	edits := map[string]func(*api.Config){
		"new":            addEntry,
		"change":         setNamespace("own", "ns"),
		"change of both": setNamespace("both", "ns"),
		"remove":         func(c *api.Config) { delete(c.Contexts, "own") },
		"remove both":    func(c *api.Config) { delete(c.Contexts, "both") },
		"current":        func(c *api.Config) { c.CurrentContext = "both" },
		"no current":     func(c *api.Config) { c.CurrentContext = "" },
		"replace a struct": func(c *api.Config) {
			c.Contexts["own"] = &api.Context{Cluster: "x", LocationOfOrigin: c.Contexts["own"].LocationOfOrigin}
		},
	}
	lists := map[string][]string{
		"both exist":   {"first", "second"},
		"twice":        {"first", "second", "first"},
		"first absent": {"absent", "second"},
		"last absent":  {"second", "absent"},
		"all absent":   {"absent", "absent2"},
		"one":          {"second"},
	}
	for name, list := range lists {
		for what, edit := range edits {
			t.Run(name+", "+what, func(t *testing.T) {
				var configs [2]map[string]*api.Config
				for i, modify := range []func() error{
					func() error {
						files, err := chooseFiles("")
						if err != nil {
							return err
						}
						edited, err := files.edit(t.Context(), func(c *api.Config) error {
							if c.Contexts["own"] != nil {
								edit(c)
							}
							return nil
						})
						for _, e := range edited {
							write(t, e.file.path, string(e.data), 0o600)
						}
						return err
					},
					func() error {
						options := clientcmd.NewDefaultPathOptions()
						config, err := options.GetStartingConfig()
						if err != nil || config.Contexts["own"] == nil {
							return err
						}
						edit(config)
						return clientcmd.ModifyConfig(options, *config, false)
					},
				} {
					dir := t.TempDir()
					write(t, filepath.Join(dir, "first"), first, 0o600)
					write(t, filepath.Join(dir, "second"), second, 0o600)
					var paths []string
					for _, file := range list {
						paths = append(paths, filepath.Join(dir, file))
					}
					t.Setenv("KUBECONFIG", strings.Join(paths, string(filepath.ListSeparator)))
					if err := modify(); err != nil {
						t.Fatal(err)
					}
					configs[i] = map[string]*api.Config{}
					for _, file := range []string{"first", "second", "absent", "absent2"} {
						if data, err := os.ReadFile(filepath.Join(dir, file)); err == nil {
							configs[i][file], _ = clientcmd.Load(data)
						}
					}
				}
				if diff := cmp.Diff(configs[1], configs[0],
					cmp.Comparer(func(a, b *api.Config) bool { return same(a, b) })); diff != "" {
					t.Errorf("-client-go +ours:\n%s", diff)
				}
			})
		}
	}
}

func same(a, b *api.Config) bool {
	c, err := compare(a, b)
	return err == nil && c.none()
}

func TestEditRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config")
	refused := func(t *testing.T, wantError, wantHint string) {
		t.Helper()
		err := Edit(t.Context(), path, edit)
		if err == nil || !strings.Contains(err.Error(), wantError) || !strings.Contains(hint.Of(err), wantHint) {
			t.Errorf("error %v with hint %q, want %q and %q", err, hint.Of(err), wantError, wantHint)
		}
	}
	t.Run("read-only file", func(t *testing.T) {
		write(t, path, annotated, 0o400)
		mode, command := "0400", "chmod u+w "+path
		if onWindows {
			mode, command = "0444", "attrib -R "+path
		}
		refused(t, "it is read-only (mode "+mode+")", command)
		if fileText(t, path) != annotated {
			t.Error("file has changed")
		}
		clean(t, dir, "config")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("dangling symlink", func(t *testing.T) {
		if onWindows {
			return // making links is a privilege there, and Wine has none that can be read again
		}
		if err := os.Symlink("nowhere/config", path); err != nil {
			t.Fatal(err)
		}
		refused(t, `it leads to "nowhere/config", which is not there: its folder does not exist`,
			"create the folder "+filepath.Join(dir, "nowhere")+", or remove the symlink "+path)
		clean(t, dir, "config")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("folder", func(t *testing.T) {
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		refused(t, "it is not a regular file", "")
		clean(t, dir, "config")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("100 MB", func(t *testing.T) {
		write(t, path, annotated, 0o600)
		if err := os.Truncate(path, 100<<20); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		refused(t, `config": it has more than 64 MiB`, "")
		if _, err := audit.Path(path); err == nil || !strings.Contains(err.Error(), "it has more than 64 MiB") {
			t.Errorf("got error %v", err)
		}
		if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 16<<20 {
			t.Errorf("%d bytes were allocated", after.TotalAlloc-before.TotalAlloc)
		}
		clean(t, dir, "config")
	})
	t.Run("damaged file", func(t *testing.T) {
		write(t, path, "clusters: [\n", 0o600)
		refused(t, `config": line 2: not valid YAML or JSON`, "")
		clean(t, dir, "config")
	})
}

// People link their dot files, and a link may be there before its file: kubectl makes the file where it leads.
func TestEditMakesWhatALinkLeadsTo(t *testing.T) {
	if onWindows {
		return // making links is a privilege there, and Wine has none that can be read again
	}
	dir := t.TempDir()
	dotfiles := filepath.Join(dir, "dotfiles", "kube")
	if err := os.MkdirAll(dotfiles, 0o700); err != nil {
		t.Fatal(err)
	}
	path, second := filepath.Join(dir, "config"), filepath.Join(dir, "second")
	links := map[string]string{path: "second", second: "dotfiles/../dotfiles/kube/config"}
	for link, target := range links {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := Edit(t.Context(), path, edit); err != nil {
		t.Fatal(err)
	}
	for link, target := range links {
		if got, err := os.Readlink(link); got != target || err != nil {
			t.Errorf("%s leads to %q, %v", link, got, err)
		}
	}
	info, err := os.Lstat(filepath.Join(dotfiles, "config"))
	if err != nil || info.Mode() != 0o600 || !strings.Contains(fileText(t, path), "demo-3714d85") {
		t.Errorf("the file is %v, %v: %q", info, err, fileText(t, path))
	}
	clean(t, dotfiles, "config")
	clean(t, dir, "config", "dotfiles", "second")
}

// A file that cannot be edited does not keep others from being edited, as long as client-go can load it.
func TestEditPassesOverFilesItDoesNotTouch(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	twoDocuments := "contexts:\n- name: second\n  context: {}\n---\nx: 1\n"
	write(t, second, twoDocuments, 0o400)
	t.Setenv("KUBECONFIG", first+string(filepath.ListSeparator)+second)
	write(t, first, annotated, 0o600)
	if err := Edit(t.Context(), "", edit); err != nil {
		t.Fatal(err)
	}
	err := Edit(t.Context(), "", func(c *api.Config) error { delete(c.Contexts, "second"); return nil })
	if err == nil || !strings.Contains(err.Error(), "several YAML documents") {
		t.Errorf("got error %v", err)
	}
	if want, _ := edited(t, annotated, addEntry); fileText(t, first) != want || fileText(t, second) != twoDocuments {
		t.Error("not edited as intended")
	}
}

func TestEditFailsWithItsFunction(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	write(t, path, annotated, 0o600)
	want := errors.New("no")
	if err := Edit(t.Context(), path, func(c *api.Config) error { addEntry(c); return want }); err != want {
		t.Errorf("got error %v, want %v", err, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := Edit(ctx, path, func(c *api.Config) error { addEntry(c); cancel(); return nil }); !errors.Is(err,
		context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
	if fileText(t, path) != annotated {
		t.Error("file has changed")
	}
	clean(t, filepath.Dir(path), "config")
}

func TestEditNoticesOtherWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	write(t, path, annotated, 0o600)
	err := Edit(t.Context(), path, func(c *api.Config) error {
		addEntry(c)
		write(t, path, annotated+"# by an editor\n", 0o600)
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "another program changed it meanwhile") {
		t.Errorf("got error %v", err)
	}
	if fileText(t, path) != annotated+"# by an editor\n" {
		t.Error("file has changed")
	}
}

func TestEditSweepsAfterCrashes(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config")
	write(t, path, annotated, 0o600)
	write(t, filepath.Join(dir, ".tmp-config-123"), "half", 0o600)
	write(t, filepath.Join(dir, ".tmp-config-mine"), "a person's", 0o600)
	write(t, filepath.Join(dir, ".tmp-config.lock-123"), lockContent, 0o600)
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, ".tmp-config.lock-123"), old, old); err != nil {
		t.Fatal(err)
	}
	if err := Edit(t.Context(), path, edit); err != nil {
		t.Fatal(err)
	}
	clean(t, dir, ".tmp-config-mine", "config")

	// Also when there is nothing to write.
	write(t, filepath.Join(dir, ".tmp-config-456"), "a secret", 0o600)
	if err := Edit(t.Context(), path, func(*api.Config) error { return nil }); err != nil {
		t.Fatal(err)
	}
	clean(t, dir, ".tmp-config-mine", "config")
}

func TestPreview(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	write(t, path, annotated, 0o600)
	diff, err := Preview(t.Context(), path, func(c *api.Config) error {
		c.AuthInfos["me"].Token = ""
		c.AuthInfos["me"].Exec = ExecUser([]string{"--profile", "x"}, "").Exec
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := ` -27,6 +27,13 @@
 users:
 - name: me
   user:
-    token: REDACTED
     # after the token
     as: someone
+    exec:
+      apiVersion: client.authentication.k8s.io/v1
+      args:
+      - --profile
+      - x
+      command: kubectl-edge_credential
+      interactiveMode: IfAvailable
+      provideClusterInfo: false
`
	if _, got, _ := strings.Cut(diff, " (edited)\n@@"); got != want {
		t.Errorf("-want +got:\n%s", cmp.Diff(want, got))
	}
	if fileText(t, path) != annotated {
		t.Error("file has changed")
	}
	clean(t, filepath.Dir(path), "config")
}
