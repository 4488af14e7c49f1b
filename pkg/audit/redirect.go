package audit

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// Redirect is the kind of a finding that is no secret: a variable in exec.env of our helper. Such variables decide where the
// helper finds its configuration, session, keyring, programs, certificate authorities and proxies, or who it is, and a
// credential in the environment of whoever uses the kubeconfig could go where they say. We write none.
const Redirect Kind = "redirect"

// harmless reports whether a variable of this name may be set for our helper: these choose among what is the person's own,
// as the arguments may, or keep tokens off the disk. Of all others only some redirect it, but what a library, a loader or a
// system goes by is more than a list can hold.
func harmless(variable string) bool {
	return variable == "KUBECTL_EDGE_PROFILE" || variable == "KUBECTL_EDGE_CACHE"
}

// callsHelper reports whether an exec user runs our helper: under the name of kubeconfigs, by a path, or as kubectl's
// plugin. Not every system tells upper from lower case.
func callsHelper(command string, args []string) bool {
	command = strings.ToLower(command[strings.LastIndexAny(command, `/\`)+1:])
	switch strings.TrimSuffix(command, ".exe") {
	case "kubectl-edge_credential", "kubectl-edge":
		return true
	case "kubectl":
		return slices.ContainsFunc(args, func(arg string) bool {
			return strings.EqualFold(arg, "edge") || strings.EqualFold(arg, "edge-credential") || strings.EqualFold(arg, "edge_credential")
		})
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
		if variable.Name != "" && !harmless(variable.Name) {
			names = append(names, variable.Name)
		}
	}
	return names
}

// findRedirects returns the variables by which the users of one document redirect our helper, each once, at the first user
// that has it. Unlike secrets, which are found where they stand, they are followed through aliases and merged mappings.
func findRedirects(root *yaml.Node) []Finding {
	var found []Finding
	seen := map[*yaml.Node]bool{}
	for _, item := range sequence(fields(root, "users")) {
		var entry string
		if names := fields(item, "name"); len(names) > 0 {
			entry = "user " + textOf(names[0])
		}
		for _, user := range fields(item, "user") {
			for _, exec := range fields(user, "exec") {
				for _, name := range variables(exec, seen) {
					found = append(found, Finding{Line: name.Line, Entry: entry, Field: "exec.env." + textOf(name), Kind: Redirect,
						Advice: "take it out of exec.env: what the credential helper trusts is yours to set, in your own environment, and not the kubeconfig's"})
				}
			}
		}
	}
	return found
}

// variables returns the names of the variables of an exec user, if that runs our helper, but for those seen before.
func variables(exec *yaml.Node, seen map[*yaml.Node]bool) (names []*yaml.Node) {
	var args []string
	for _, arg := range sequence(fields(exec, "args")) {
		args = append(args, textOf(arg))
	}
	if !slices.ContainsFunc(fields(exec, "command"), func(command *yaml.Node) bool { return callsHelper(textOf(command), args) }) {
		return nil
	}
	for _, list := range fields(exec, "env") {
		if seen[list] {
			continue
		}
		seen[list] = true
		for _, variable := range sequence([]*yaml.Node{list}) {
			if seen[variable] {
				continue
			}
			seen[variable] = true
			for _, name := range fields(variable, "name") {
				if text := textOf(name); text != "" && !harmless(text) && !seen[name] {
					seen[name] = true
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// fields returns every value of a key, also of merged mappings ("<<"), without aliases. Which one counts, where there are
// several, depends on the version of the library that client-go reads YAML with.
func fields(n *yaml.Node, key string) (values []*yaml.Node) {
	seen := map[*yaml.Node]bool{} // mappings can be merged in a circle, and many times
	var search func(n *yaml.Node)
	search = func(n *yaml.Node) {
		n = yamledit.Resolve(n)
		if seen[n] {
			return
		}
		seen[n] = true
		if n.Kind == yaml.SequenceNode {
			for _, item := range n.Content {
				search(item)
			}
		}
		if n.Kind != yaml.MappingNode {
			return
		}
		var merged []*yaml.Node
		for i := 0; i < len(n.Content); i += 2 {
			switch textOf(n.Content[i]) {
			case key:
				values = append(values, yamledit.Resolve(n.Content[i+1]))
			case "<<":
				merged = append(merged, n.Content[i+1])
			}
		}
		for _, m := range merged {
			search(m)
		}
	}
	if yamledit.Resolve(n).Kind == yaml.MappingNode {
		search(n)
	}
	return values
}

// sequence returns the items of all lists, without aliases.
func sequence(lists []*yaml.Node) (items []*yaml.Node) {
	for _, list := range lists {
		if list.Kind == yaml.SequenceNode {
			for _, item := range list.Content {
				items = append(items, yamledit.Resolve(item))
			}
		}
	}
	return items
}

// textOf is the text of a scalar as client-go reads it, which decodes what is tagged as binary.
func textOf(n *yaml.Node) string {
	var text string
	n = yamledit.Resolve(n)
	if n.Kind != yaml.ScalarNode {
		return ""
	}
	if n.ShortTag() == "!!binary" && n.Decode(&text) == nil {
		return text
	}
	return n.Value
}
