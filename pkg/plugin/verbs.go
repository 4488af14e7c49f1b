package plugin

import "slices"

// verb is what other programs call a verb, kubectl's first, and what commands are called here that do it: the first
// that a group has. What names one thing, as in "get demo", may be another.
type verb struct{ words, commands, named []string }

func verbs() []verb {
	return []verb{
		{
			[]string{"get", "view", "show", "info", "inspect"},
			[]string{"list", "get", "show", "describe"}, []string{"describe", "get", "show", "list"},
		},
		{[]string{"describe"}, []string{"describe", "show", "get", "list"}, nil},
		{[]string{"list", "ls", "all"}, []string{"list", "get"}, nil},
		{
			[]string{"delete", "rm", "remove", "del", "destroy", "drop"},
			[]string{"delete", "remove", "clean", "clear"}, nil,
		},
		{
			[]string{"clean", "clear", "prune", "purge", "reset", "flush"},
			[]string{"clean", "clear", "remove", "delete"}, nil,
		},
		{
			[]string{"create", "add", "new", "make", "generate", "mint", "write"},
			[]string{"create", "add", "save", "set"}, nil,
		},
		{
			[]string{"edit", "patch", "update", "set", "modify", "change"},
			[]string{"update", "set", "edit"}, nil,
		},
		{
			[]string{"use", "switch", "select", "use-context", "set-context", "activate", "target", "checkout"},
			[]string{"use"}, nil,
		},
		{[]string{"current-context", "current", "me", "id"}, []string{"whoami", "show"}, nil},
		{[]string{"signin", "sign-in", "authenticate"}, []string{"login"}, nil},
		{[]string{"signout", "sign-out"}, []string{"logout"}, nil},
	}
}

// commandsFor are what commands may be called here that do what a word means elsewhere, or none.
func commandsFor(word string, named bool) []string {
	for _, v := range verbs() {
		switch {
		case !slices.Contains(v.words, word):
		case named && v.named != nil:
			return v.named
		default:
			return v.commands
		}
	}
	return nil
}

// kubectlOnly are commands of kubectl's that a plugin has nothing like: who types one behind its name means kubectl's
// own, which works with the current context.
func kubectlOnly() []string {
	return []string{"annotate", "api-resources", "api-versions", "apply", "attach", "autoscale", "cluster-info",
		"cordon", "cp", "debug", "diff", "drain", "events", "exec", "explain", "expose", "kustomize", "label", "logs",
		"patch", "port-forward", "proxy", "replace", "rollout", "run", "scale", "taint", "top", "uncordon", "wait"}
}
