package credential

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// findEdge finds kubectl-edge: beside this program, beside the link that it was called by as argv0 (Krew links plugins
// into one folder), or on PATH, in this order.
func findEdge(argv0 string, executable func() (string, error)) (string, error) {
	name := "kubectl-edge"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	var folders []string
	if path, err := executable(); err == nil {
		if target, err := filepath.EvalSymlinks(path); err == nil {
			path = target
		}
		folders = append(folders, filepath.Dir(path))
	}
	path := filepath.SplitList(os.Getenv("PATH"))
	if link := locate(argv0, path); link != "" && !slices.Contains(folders, filepath.Dir(link)) {
		folders = append(folders, filepath.Dir(link))
	}
	for _, folder := range slices.Concat(folders, path) {
		if !filepath.IsAbs(folder) {
			continue // a program in whatever folder a command is run in is not ours
		}
		if candidate := filepath.Join(folder, name); isProgram(candidate) {
			return candidate, nil
		}
	}
	return "", hint.Wrap(fmt.Errorf("mint a token: there is no %s beside this program (%s) or on PATH",
		name, strings.Join(folders, ", ")), "install kubectl edge as shown at %s", hint.Install())
}

// locate returns the absolute path by which argv0 was called, or "".
func locate(argv0 string, path []string) string {
	if filepath.Base(argv0) != argv0 {
		absolute, err := filepath.Abs(argv0)
		if err != nil {
			return ""
		}
		return absolute
	}
	for _, folder := range path {
		if candidate := filepath.Join(folder, argv0); filepath.IsAbs(folder) && isProgram(candidate) {
			return candidate
		}
	}
	return ""
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && (runtime.GOOS == "windows" || info.Mode()&0o111 != 0)
}
