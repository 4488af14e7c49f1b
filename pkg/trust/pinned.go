package trust

import (
	"bufio"
	"bytes"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// A kubeconfig can choose the configuration of the helper that it calls, and with it the hosts that are trusted: by
// HOME and XDG_CONFIG_HOME in exec.env. It cannot choose what the user database says of the user, nor what root wrote.

// SystemFile lists hosts, one a line, that every user of this machine trusts. Lines that begin with # do not count.
const SystemFile = "/etc/kubectl-edge/trusted-hosts"

// UserDirs are the folders of the program below the user's home folder as the user database names it, with no variable
// of the environment asked; false when it knows no such user.
func UserDirs(program string) (dirs.Dirs, bool) {
	var u *user.User
	var err error
	if runtime.GOOS == "windows" {
		u, err = user.Current() // from the process's token
	} else {
		u, err = user.LookupId(strconv.Itoa(os.Getuid())) // user.Current falls back to $HOME
	}
	if err != nil || !filepath.IsAbs(u.HomeDir) {
		return dirs.Dirs{}, false
	}
	below := func(path ...string) string {
		return filepath.Join(append(append([]string{u.HomeDir}, path...), program)...)
	}
	switch runtime.GOOS {
	case "windows":
		d := below("AppData", "Local")
		return dirs.Dirs{Config: d, State: d}, true
	case "darwin":
		d := below("Library", "Application Support")
		return dirs.Dirs{Config: d, State: d}, true
	}
	return dirs.Dirs{Config: below(".config"), State: below(".local", "state")}, true
}

// Pinned returns the hosts that are trusted where no kubeconfig can write: in root's SystemFile, and in the
// configuration below the home folder that the user database names.
func Pinned(program string) []string {
	hosts := systemHosts(SystemFile)
	if d, ok := UserDirs(program); ok {
		if config, err := profile.Load(d); err == nil {
			hosts = append(hosts, config.TrustedHosts...)
		}
	}
	return hosts
}

func systemHosts(path string) []string {
	data, err := securefile.Read(path, securefile.NotWritableByOthers)
	if err != nil {
		return nil
	}
	var hosts []string
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		if host := strings.TrimSpace(lines.Text()); host != "" && host[0] != '#' {
			hosts = append(hosts, host)
		}
	}
	return hosts
}
