//go:build unix

package dirs

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

var errNoHome = errors.New("$HOME is not an absolute path, and /etc/passwd names no home folder for this user")

// ofUser are the user's folders, in which each program has one of its own. They are those of github.com/adrg/xdg, which
// the tests hold them against. That package finds out all that the specification knows, fonts and applications too,
// each time that a program starts: a twentieth of the time in which the credential helper answers.
func ofUser() (Dirs, error) {
	home := os.Getenv("HOME")
	if !filepath.IsAbs(home) {
		home = userHome()
	}
	missing := false
	folder := func(variable, below string) string {
		path := os.Getenv(variable)
		for _, prefix := range []string{"~", "$HOME"} { // as it is quoted in a file that no shell reads
			if rest, found := strings.CutPrefix(path, prefix); found && home != "" {
				path = filepath.Join(home, rest)
			}
		}
		if filepath.IsAbs(path) {
			return path
		}
		missing = missing || home == ""
		return filepath.Join(home, below)
	}
	d := Dirs{
		Config: folder("XDG_CONFIG_HOME", configBelow),
		State:  folder("XDG_STATE_HOME", stateBelow),
		Cache:  folder("XDG_CACHE_HOME", cacheBelow),
	}
	if missing {
		return Dirs{}, hint.Wrap(errNoHome, "export HOME=/path/of/your/home")
	}
	return d, nil
}

// userHome is the home folder that the user database names, or "". It reads the file itself: os/user, which asks no
// other place either in a program without C, is too much for the credential helper.
func userHome() string {
	f, err := os.Open("/etc/passwd")
	if err != nil {
		return ""
	}
	defer f.Close()
	uid := strconv.Itoa(os.Getuid())
	for lines := bufio.NewScanner(f); lines.Scan(); {
		// name:password:uid:gid:comment:home:shell
		if fields := strings.Split(lines.Text(), ":"); len(fields) > 5 && fields[2] == uid &&
			filepath.IsAbs(fields[5]) {
			return fields[5]
		}
	}
	return ""
}
