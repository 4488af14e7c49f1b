package audit

import (
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// Redirect is the kind of a finding that is no secret: a variable in exec.env of our helper. Such variables decide
// where the helper finds its configuration, session, keyring, programs, certificate authorities and proxies, or who it
// is, and a credential in the environment of the person who uses the kubeconfig could go where they say. We write none.
const Redirect Kind = "redirect"

// harmless reports whether a variable of this name may be set for our helper: these choose among what is the person's
// own, as the arguments may, or keep tokens off the disk. Of all others only some redirect it, but what a library, a
// loader or a system goes by is more than a list can hold.
func harmless(variable string) bool {
	return variable == "KUBECTL_EDGE_PROFILE" || variable == "KUBECTL_EDGE_CACHE"
}

// assigned returns the names of the variables that a command sets for our helper, as env and shells do.
func assigned(call tokenrequest.Call) (names []string) {
	for _, assignment := range call.Env {
		if name, _, _ := strings.Cut(assignment, "="); name != "" && !harmless(name) {
			names = append(names, name)
		}
	}
	return names
}

// findRedirects returns the variables by which the users of one document redirect our helper, each once, at the first
// user that has it. Unlike secrets, which are found where they stand, they are followed through aliases and merged
// mappings.
func findRedirects(root *yaml.Node) []Finding {
	var found []Finding
	seen := map[*yaml.Node]bool{}
	for _, item := range sequence(fields(root, "users")) {
		var entry string
		if names := fields(item, "name"); len(names) > 0 {
			entry = "user " + Shown(textOf(names[0]))
		}
		add := func(n *yaml.Node, field string) {
			place, _, _ := strings.Cut(strings.TrimPrefix(field, "exec."), ".")
			found = append(found, Finding{
				Line: n.Line, Entry: entry, Field: field, Kind: Redirect,
				Advice: "take it out of exec." + place + ": what the credential helper trusts is yours to set, " +
					"in your own environment, and not the kubeconfig's",
			})
		}
		for _, user := range fields(item, "user") {
			for _, exec := range fields(user, "exec") {
				redirectsOf(exec, seen, add, func(command string, args []string, at *yaml.Node) {
					if f := breakGlass(command, args, at, entry); f != nil && !seen[at] {
						found = append(found, *f)
					}
				})
			}
		}
	}
	return found
}

// redirectsOf adds the variables of an exec section, if that runs our helper, but for those seen before.
// Each call of the helper is given to called, with its list of arguments.
func redirectsOf(exec *yaml.Node, seen map[*yaml.Node]bool, add func(n *yaml.Node, field string),
	called func(command string, args []string, at *yaml.Node)) {
	lists := fields(exec, "args")
	calls := map[*yaml.Node]tokenrequest.Call{} // by the list of arguments
	ours := false
	for _, command := range fields(exec, "command") {
		for _, list := range append(lists, sequenceOf(lists)) {
			var args []string
			for _, arg := range sequence([]*yaml.Node{list}) {
				args = append(args, textOf(arg))
			}
			if call, found := tokenrequest.FindCall(textOf(command), args); found {
				ours, calls[list] = true, call
				if list.Line > 0 { // a list of the file, and not all of them as one
					called(textOf(command), args, list)
				}
			}
		}
	}
	if !ours {
		return
	}
	for _, list := range lists {
		call, found := calls[list]
		if !found || seen[list] {
			continue
		}
		seen[list] = true
		for _, name := range assigned(call) {
			at := list
			for _, arg := range sequence([]*yaml.Node{list}) {
				if strings.Contains(textOf(arg), name+"=") {
					at = arg
					break
				}
			}
			add(at, "exec.args."+Shown(name))
		}
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
					add(name, "exec.env."+Shown(text))
				}
			}
		}
	}
}

// sequenceOf is all lists as one: where a key stands twice, readers differ about which of them counts.
func sequenceOf(lists []*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Content: sequence(lists)}
}

// fields returns every value of a key, also of merged mappings ("<<"), without aliases. Which one counts, where there
// are several, depends on the version of the library that client-go reads YAML with.
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
