package plugin

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

func TestElsewhere(t *testing.T) {
	home := t.TempDir()
	d := dirs.Dirs{Config: filepath.Join(home, "config", "x"), State: filepath.Join(home, "state", "x"),
		Cache: filepath.Join(home, "cache", "x")}
	readOnly := func(path ...string) error {
		return &fs.PathError{Op: "mkdir", Path: filepath.Join(append([]string{home}, path...)...), Err: syscall.EROFS}
	}
	folder := "name a folder that you can write to: "
	own := filepath.Join(home, "state", "x", "f")
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"state":       {readOnly("state", "x", "session"), folder + hint.Set("XDG_STATE_HOME", "FOLDER")},
		"above state": {readOnly("state"), folder + hint.Set("XDG_STATE_HOME", "FOLDER")},
		"config":      {readOnly("config", "x", "config.json"), folder + hint.Set("XDG_CONFIG_HOME", "FOLDER")},
		"cache":       {readOnly("cache", "x"), folder + hint.Set("XDG_CACHE_HOME", "FOLDER")},
		"a namesake":  {readOnly("state", "x2", "f"), "name a place that you can write to"},
		"elsewhere":   {readOnly("file"), "name a place that you can write to"},
		"link": {&os.LinkError{Op: "rename", Old: "a", New: own, Err: syscall.EROFS},
			folder + hint.Set("XDG_STATE_HOME", "FOLDER")},
		"no such file": {&fs.PathError{Op: "open", Path: own, Err: syscall.ENOENT}, ""},
		"no path":      {fs.ErrPermission, ""},
		"of a server":  {errors.New("permission denied"), ""},
	} {
		if got := Elsewhere(c.err, d); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
