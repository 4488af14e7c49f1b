//go:build unix

package dirs

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// setHome is what to do where the user has no home folder.
const setHome = "export HOME=/path/of/your/home"

var errNoHome = errors.New("$HOME is not an absolute path, and /etc/passwd names no home folder for this user")

func homeIsSet() bool { return filepath.IsAbs(os.Getenv("HOME")) }

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
