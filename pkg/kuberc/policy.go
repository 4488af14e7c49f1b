package kuberc

import (
	"fmt"
	"os/exec"
	"path/filepath"

	"k8s.io/client-go/util/homedir"
)

// Path is the file that kubectl reads its preferences from: $KUBERC, else ~/.kube/kuberc. It reads none where a
// variable says so.
func Path(getenv func(string) string) (path string, read bool) {
	path = getenv("KUBERC")
	switch {
	case getenv("KUBECTL_KUBERC") == "false" || path == "off":
		return "", false
	case path == "":
		path = filepath.Join(homedir.HomeDir(), ".kube", "kuberc")
	}
	return path, true
}

// Check reports whether kubectl runs a credential plugin that a kubeconfig names by this command, and why it does not,
// as client-go decides it (updateCommandAndCheckAllowlistLocked in plugin/pkg/client/auth/exec).
func (p Preference) Check(command string) error {
	switch p.Policy {
	case "", "AllowAll":
		return nil
	case allowlist:
	case "DenyAll":
		return fmt.Errorf("its policy is %s", p.Policy)
	default:
		return fmt.Errorf("its policy %.40q is not one that kubectl knows", p.Policy)
	}
	path := resolved(command)
	for _, allowed := range p.Allowed {
		if allowed == command || allowed == path || path != "" && resolved(allowed) == path {
			return nil
		}
	}
	return fmt.Errorf("its allowlist does not have %.80q", command)
}

// resolved is the path of a command that is in PATH, else "".
func resolved(command string) string {
	path, err := exec.LookPath(command)
	if err != nil {
		return ""
	}
	return path
}
