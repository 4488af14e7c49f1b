// Package caller finds out what of this process's environment is its user's. A kubeconfig can add to the environment of
// the helper that it calls (exec.env), and the helper cannot see which of its variables came so. The client that called
// it can be asked: its own environment is without them. The package keeps the helper's diet.
package caller

import (
	"os"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
)

// execInfo marks a process that was called for a kubeconfig's user, and what that starts; clients set it after
// exec.env.
const execInfo = "KUBERNETES_EXEC_INFO"

// maxDepth bounds the way up to a client: a kubectl that a helper of another kubectl called, and so on.
const maxDepth = 32

// Environment is the environment of the client that called this process, by name; nil when it cannot be found out: the
// system does not tell, or the client is gone.
type Environment map[string]string

// Client returns the environment of the client that called this process. A kubectl that was itself called for the user
// of another kubeconfig has its additions, too, so then it is the client above that one.
//
// A shell is not a client. What was exported in it, by its person or by their .bashrc, is not in the environment that
// it was started with, so a command that a shell runs has its own. A kubeconfig gains nothing by that: a shell that it
// runs has its variables from the start.
func Client() Environment {
	pid := os.Getppid()
	if os.Getenv(execInfo) == "" && isShell(pid) {
		return parse(os.Environ())
	}
	for range maxDepth {
		env, ok := environmentOf(pid)
		if !ok {
			return nil
		}
		if env[execInfo] == "" || !isKubectl(pid) {
			return env
		}
		if pid, ok = parentOf(pid); !ok {
			return nil
		}
	}
	return nil
}

// parse returns the variables of environ, which has the form of os.Environ, as getenv has them: the first counts.
func parse(environ []string) Environment {
	env := Environment{}
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			if _, twice := env[name]; !twice {
				env[name] = value
			}
		}
	}
	return env
}

// folders are the variables that say where the configuration and the sessions are.
var folders = [...]string{"HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"}

// SameFolders reports whether getenv leads to the same configuration and sessions as e, which is known.
func (e Environment) SameFolders(getenv func(string) string) bool {
	for _, name := range folders {
		if e[name] != getenv(name) {
			return false
		}
	}
	return true
}

// Changed returns the names of the variables in environ, which has the form of os.Environ, that e does not have so, and
// of those that are missing in it, sorted; without those that a kubeconfig may set for our programs.
func (e Environment) Changed(environ []string) []string {
	var names []string
	has := map[string]bool{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		has[name] = true
		if before, ok := e[name]; (!ok || before != value) && !forUs(name) {
			names = append(names, name)
		}
	}
	for name := range e {
		if !has[name] && !forUs(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Restore gives this process the variables of e for those that Changed names, and returns their names. What they do is
// not for a kubeconfig to decide: which programs are found and what they load, whose certificates count, where the
// keyring is. No list of such variables would be complete, so it is all but those that a kubeconfig may set.
func (e Environment) Restore() []string {
	if e == nil {
		return nil
	}
	names := e.Changed(os.Environ())
	for _, name := range names {
		if value, ok := e[name]; ok {
			_ = os.Setenv(name, value)
		} else {
			_ = os.Unsetenv(name)
		}
	}
	return names
}

// forUs reports whether a kubeconfig may set the variable: credentials of its own, a profile, the way to the network;
// and the folders, which SameFolders is about. Which hosts get a credential none of them decides.
func forUs(name string) bool {
	for _, prefix := range []string{"KUBERNETES_", "KUBECTL_EDGE_", "STACKIT_", "XDG_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	if envcredential.Is(name) {
		return true
	}
	switch name {
	case "HOME", "USERPROFILE", "TERM", "NO_COLOR", "_", "SHLVL", "PWD", "OLDPWD":
		return true
	}
	return strings.HasSuffix(strings.ToLower(name), "_proxy")
}
