package kubeconfig

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
	"k8s.io/client-go/tools/clientcmd/api"
)

// Redirect is the kind of a finding that is no secret: a variable in exec.env of our helper that decides where the helper
// finds its configuration, session, keyring, programs, certificate authorities and proxies, or who it is. A credential in
// the environment of whoever uses the kubeconfig could go where that says.
const Redirect Kind = "redirect"

// redirecting reports whether a variable of this name redirects our helper. Windows takes it in any case, and so do some
// programs that look for proxies.
func redirecting(name string) bool {
	name = strings.ToUpper(name)
	switch name {
	case "KUBECTL_EDGE_PROFILE", "KUBECTL_EDGE_CACHE":
		return false // they choose among what is the person's own, as the arguments may, or keep tokens off the disk
	case "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PATH", "PATHEXT", "BROWSER", "DBUS_SESSION_BUS_ADDRESS", "GODEBUG",
		"SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN":
		return true
	}
	for _, prefix := range []string{"XDG_", "STACKIT_", "KUBECTL_EDGE_", "STS_", "SSL_CERT_", "LD_", "DYLD_", "ACTIONS_ID_TOKEN_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return strings.HasSuffix(name, "_PROXY")
}

// callsHelper reports whether an exec user runs our helper: under the name of kubeconfigs, by a path, or as kubectl's plugin.
func callsHelper(command string, args []string) bool {
	command = strings.TrimSuffix(command[strings.LastIndexAny(command, `/\`)+1:], ".exe")
	switch command {
	case Command, "kubectl-edge":
		return true
	case "kubectl":
		return slices.ContainsFunc(args, func(arg string) bool { return arg == "edge" || arg == "edge-credential" || arg == "edge_credential" })
	}
	return false
}

// Redirects returns the names of the variables by which user redirects our helper.
func Redirects(user *api.AuthInfo) []string {
	if user == nil || user.Exec == nil || !callsHelper(user.Exec.Command, user.Exec.Args) {
		return nil
	}
	var names []string
	for _, variable := range user.Exec.Env {
		if redirecting(variable.Name) {
			names = append(names, variable.Name)
		}
	}
	return names
}

// redirects adds the variables by which a user redirects our helper. Unlike secrets, which are found where they stand, they
// are followed through aliases and merged mappings.
func (s *search) redirects(at place) {
	exec := field(at.user, "exec", 0)
	if !callsHelper(textOf(field(exec, "command", 0)), textsOf(field(exec, "args", 0))) {
		return
	}
	env := field(exec, "env", 0)
	if env == nil || env.Kind != yaml.SequenceNode {
		return
	}
	for _, variable := range env.Content {
		name := field(resolve(variable), "name", 0)
		if value := textOf(name); redirecting(value) {
			s.found = append(s.found, secret{node: name, kind: Redirect, entry: at.entry, user: at.user, field: "exec.env." + value})
		}
	}
}

// field returns the value of a key, also of a merged mapping ("<<"), or nil.
func field(n *yaml.Node, key string, depth int) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode || depth > 8 { // mappings may be merged in a circle
		return nil
	}
	if value := get(n, key); value != nil {
		return resolve(value)
	}
	merged := get(n, "<<")
	if merged == nil {
		return nil
	}
	merged = resolve(merged)
	if merged.Kind != yaml.SequenceNode {
		return field(merged, key, depth+1)
	}
	for _, one := range merged.Content {
		if value := field(resolve(one), key, depth+1); value != nil {
			return value
		}
	}
	return nil
}

func textOf(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

func textsOf(n *yaml.Node) (values []string) {
	if n != nil && n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			values = append(values, textOf(resolve(item)))
		}
	}
	return values
}
