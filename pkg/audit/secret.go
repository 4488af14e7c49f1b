package audit

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// Kind is how a kubeconfig holds a secret.
type Kind string

// The kinds of embedded secrets.
const (
	Token           Kind = "token"            // a bearer token
	ClientKey       Kind = "client-key"       // the private key of a client certificate
	Password        Kind = "password"         // of basic authentication
	AuthProvider    Kind = "auth-provider"    // in the configuration of a legacy authentication plugin
	ExecArgument    Kind = "exec-argument"    // of a credential helper; other users see it in the list of processes
	ExecEnvironment Kind = "exec-environment" // of a credential helper
	URL             Kind = "url"              // a user name or password in the URL of a proxy or server
	UnknownField    Kind = "unknown-field"    // in a field that client-go does not know, or an extension
	Comment         Kind = "comment"          // such as a line that was switched off
)

// secret is one scalar of a kubeconfig that holds a secret.
type secret struct {
	node  *yaml.Node
	kind  Kind
	entry string     // such as "user demo"; "" outside of the entries
	user  *yaml.Node // the content of the user it is part of, or nil
	talos *yaml.Node // the context of a talosconfig that it is part of, or nil
	name  string     // of the entry
	field string     // such as "exec.env.TOKEN", below the entry
	argo  bool       // that it is in what Argo CD has instead of a user
}

// findSecrets returns the secrets of one document, entry by entry, and the scalars that are to be hidden: the secrets,
// and of a user every scalar that is not known to be harmless.
func findSecrets(root *yaml.Node) *search {
	s := &search{unpacking: newUnpacking(), seen: map[*yaml.Node]bool{}}
	if root == nil {
		return s
	}
	if root.Kind != yaml.MappingNode {
		s.walk(root, "", place{})
		return s
	}
	if user := argoUser(root); user != nil {
		s.passOurs(user)
		s.walk(user, "", place{user: user})
		for i := range s.found {
			s.found[i].argo, s.found[i].field = true, argoField(s.found[i].field)
		}
	}
	talos := talosContexts(root)
	for i := 0; i < len(root.Content); i += 2 {
		key, value := root.Content[i].Value, root.Content[i+1]
		if key == "contexts" && talos != nil {
			s.walkTalosconfig(talos)
			continue
		}
		inner := entryOf(key)
		if inner == "" || value.Kind != yaml.SequenceNode {
			s.walk(value, key, place{path: []string{key}})
			continue
		}
		for _, item := range value.Content {
			at := place{entry: inner + " " + Shown(nameOf(item)), name: nameOf(item)}
			if content := yamledit.Get(item, inner); content != nil && key == "users" {
				at.user = yamledit.Resolve(content)
				s.passOurs(at.user)
			}
			s.walk(item, "", at)
		}
	}
	return s
}

// passOurs takes the arguments of our helper for harmless: each has been checked to be of a form that is no secret's.
func (s *search) passOurs(user *yaml.Node) {
	exec := yamledit.Get(user, "exec")
	if exec == nil {
		return
	}
	command, list := yamledit.Get(yamledit.Resolve(exec), "command"), yamledit.Get(yamledit.Resolve(exec), "args")
	if command == nil || list == nil {
		return
	}
	var args []string
	for _, arg := range yamledit.Resolve(list).Content {
		args = append(args, textOf(arg))
	}
	call, ours := tokenrequest.FindCall(textOf(command), args)
	if _, whole := tokenrequest.FromExec(textOf(command), args); !ours || !whole || len(call.Env) > 0 {
		return
	}
	for _, arg := range yamledit.Resolve(list).Content {
		if start, _ := known(textOf(arg)); start < 0 {
			s.seen[yamledit.Resolve(arg)] = true
		}
	}
}

// Hidden returns the scalars of one document that are not to be shown, each once: every secret, and of a user all that
// is not known to be harmless.
func Hidden(root *yaml.Node) []*yaml.Node { return findSecrets(root).hidden }

// entryOf is what an item of this list of a kubeconfig is called, which is also the key of its content; "" for other
// lists.
func entryOf(list string) string {
	switch list {
	case "clusters", "contexts", "users":
		return strings.TrimSuffix(list, "s")
	}
	return ""
}

// nameOf is the name of an item, "" if it has none.
func nameOf(item *yaml.Node) string {
	if name := yamledit.Get(yamledit.Resolve(item), "name"); name != nil {
		return textOf(name)
	}
	return ""
}

type search struct {
	names
	unpacking
	found  []secret
	hidden []*yaml.Node
	seen   map[*yaml.Node]bool
}

// place is where the search is.
type place struct {
	entry string
	name  string // of the entry
	user  *yaml.Node
	talos *yaml.Node
	path  []string
}

// walk searches n, whose field, flag or variable has the given name. It does not follow aliases, except to a scalar:
// what they name is searched where it stands.
func (s *search) walk(n *yaml.Node, name string, at place) {
	below := func(key string) place {
		at := at
		at.path = append(at.path[:len(at.path):len(at.path)], key)
		return at
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i < len(n.Content); i += 2 {
			key, value := n.Content[i].Value, n.Content[i+1]
			if start, _ := known(key); start >= 0 || passwordInURL(key) {
				s.add(n.Content[i], UnknownField, at)
			}
			variable := yamledit.Get(n, "name")
			if key == "value" && variable != nil && variable.Kind == yaml.ScalarNode { // of exec.env
				called := variable.Value
				if !wordsOnly(called) { // whatever it says, it does not say what it is
					called = ""
				}
				s.walk(value, called, below(variable.Value))
			} else {
				s.walk(value, key, below(key))
			}
		}
	case yaml.SequenceNode:
		called := name
		program, isArgs := "", at.user != nil && slices.Equal(fieldPath(at), []string{"exec", "args"})
		if isArgs {
			program = s.passedTo(n, at)
		}
		for _, item := range n.Content {
			s.walk(item, called, at)
			called = name
			switch {
			case isFlag(item.Value) && !strings.ContainsAny(item.Value, "= \t\r\n"):
				called = item.Value // whose value is the next argument
				if called == "-p" && !takesPassword(program, "") && !hasLogin(n) {
					called = name
				}
			case isArgs && isOne(item.Value, loginCommands):
				called = item.Value
			}
		}
	case yaml.AliasNode:
		if n.Alias.Kind == yaml.ScalarNode {
			s.walk(n.Alias, name, at)
		}
	case yaml.ScalarNode:
		s.scalar(n, name, at)
	}
}

// passedTo is the program that a user has for these arguments. Those that are secrets because of what it is are found.
func (s *search) passedTo(list *yaml.Node, at place) (program string) {
	exec := yamledit.Get(at.user, "exec")
	if exec == nil {
		return ""
	}
	command := yamledit.Get(yamledit.Resolve(exec), "command")
	if command == nil {
		return ""
	}
	var args []string
	for _, item := range list.Content {
		args = append(args, textOf(yamledit.Resolve(item)))
	}
	name, rest := call{words: append([]string{textOf(command)}, args...)}.program()
	for _, i := range takerOf(name).secrets(rest) {
		n := yamledit.Resolve(list.Content[len(args)-len(rest)+i])
		if !s.seen[n] {
			s.add(n, ExecArgument, at)
		}
	}
	return name
}

func hasLogin(list *yaml.Node) bool {
	return slices.ContainsFunc(list.Content, func(n *yaml.Node) bool { return n.Value == "login" })
}

func (s *search) scalar(n *yaml.Node, name string, at place) {
	if s.seen[n] || n.Tag == "!!null" || n.Value == "" {
		return
	}
	value := textOf(n)
	if text, _ := s.unpacking.text(value); text != nil && (at.user == nil || fieldKind(name) == "") {
		// What is in it, findEmbedded says.
		s.seen[n] = true
		s.hidden = append(s.hidden, n)
		return
	}
	verdict := s.judge(value, name, at)
	if verdict == shown {
		return
	}
	if verdict.kind != "" {
		s.add(n, verdict.kind, at)
		return
	}
	s.seen[n] = true
	s.hidden = append(s.hidden, n)
}

// add has found a secret.
func (s *search) add(n *yaml.Node, kind Kind, at place) {
	s.seen[n] = true
	s.hidden = append(s.hidden, n)
	path := []string{}
	for _, name := range fieldPath(at) {
		path = append(path, Shown(name))
	}
	s.found = append(s.found, secret{node: n, kind: kind, entry: at.entry, name: at.name, user: at.user,
		talos: at.talos, field: strings.Join(path, ".")})
}

// fieldPath is the path of a field below the content of its entry.
func fieldPath(at place) []string {
	if at.entry != "" && len(at.path) > 1 && at.talos == nil {
		return at.path[1:]
	}
	return at.path
}

// Setting reports whether a finding of this kind is a setting of the file, and not a secret in it.
func (k Kind) Setting() bool { return k == Redirect || k == BreakGlass }
