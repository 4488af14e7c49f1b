package plugin

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// Elsewhere is what a person can do about an error that says that a file or a folder may not be written or read, as in
// a container whose home is read-only: which variable names another folder. It is "" for all other errors.
func Elsewhere(err error, d dirs.Dirs) string {
	readOnly := errors.Is(err, syscall.EROFS)
	if !readOnly && !errors.Is(err, fs.ErrPermission) {
		return ""
	}
	path := ""
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		path = failed.Path
	} else if failed, ok := errors.AsType[*os.LinkError](err); ok {
		path = failed.New
	}
	if !filepath.IsAbs(path) {
		return ""
	}
	variable := ""
	for _, each := range []struct{ folder, variable string }{
		{d.State, "XDG_STATE_HOME"}, {d.Config, "XDG_CONFIG_HOME"}, {d.Runtime, "XDG_RUNTIME_DIR"},
		{d.Cache, "XDG_CACHE_HOME"},
	} {
		if each.folder != "" && (within(path, each.folder) || within(each.folder, path)) {
			variable = each.variable
			break
		}
	}
	switch {
	case !readOnly && !securefile.InOthersFolder(path): // in one's own, by sudo perhaps
		return hint.Own(path)
	case variable != "":
		return "name a folder that you can write to: " + hint.Set(variable, "FOLDER")
	}
	return "name a place that you can write to"
}

// within reports whether path is the folder, or in it.
func within(path, folder string) bool {
	relative, err := filepath.Rel(folder, path)
	return err == nil && relative != ".." && !strings.HasPrefix(relative, ".."+string(filepath.Separator))
}
