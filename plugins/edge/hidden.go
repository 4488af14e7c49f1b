package edge

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/kubectl-edge/kubectl-edge/pkg/diagnosis"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// hidden is a program that is behind another of its name in PATH, and of another version. Who has installed twice, by a
// package and by Krew for example, and upgrades the one behind, sees no change; and programs that are started from a
// desktop, with another PATH, may run the other of the two.
type hidden struct {
	Path      string `json:"path"`
	Version   string `json:"version"`
	By        string `json:"by"`
	ByVersion string `json:"byVersion,omitempty"` // empty if it does not say
}

func (h hidden) String() string {
	return fmt.Sprintf("%s, version %.40q, is hidden by %s, which is first in PATH and of version %.40q",
		h.Path, h.Version, h.By, h.ByVersion)
}

// keepOne says what to do about two installations.
func keepOne() string {
	return "keep one of the two, and remove the other in the way that it was installed: see " + hint.Install()
}

// hiddenPrograms are those of kubectl-edge and its helper. Copies of one version do no harm.
func (a *app) hiddenPrograms(ctx context.Context) []hidden {
	found := []hidden{}
	for _, name := range []string{programName, tokenrequest.Helper} {
		copies := a.copies(name)
		if len(copies) < 2 {
			continue
		}
		first, _ := a.versionOf(ctx, copies[0]) // of the helper, another check says that it does not run
		for _, path := range copies[1:] {
			if version, err := a.versionOf(ctx, path); err == nil && version != first {
				found = append(found, hidden{Path: path, Version: version, By: copies[0], ByVersion: first})
			}
		}
	}
	return found
}

// copies are the programs of this name that are in PATH, in its order. Links to one file count once, as /bin and
// /usr/bin are on many systems.
func (a *app) copies(name string) []string {
	var paths []string
	var files []os.FileInfo
	for _, folder := range a.folders() {
		path, err := exec.LookPath(filepath.Join(folder, name))
		if err != nil {
			continue
		}
		file, err := os.Stat(path)
		if err != nil || slices.ContainsFunc(files, func(f os.FileInfo) bool { return os.SameFile(f, file) }) {
			continue
		}
		paths, files = append(paths, path), append(files, file)
	}
	return paths
}

// checkHidden warns of two installations of different versions.
func (a *app) checkHidden(ctx context.Context) []diagnosis.Check {
	var checks []diagnosis.Check
	for _, h := range a.hiddenPrograms(ctx) {
		checks = append(checks, diagnosis.Warned("versions", keepOne(), "%s", h))
	}
	return checks
}
