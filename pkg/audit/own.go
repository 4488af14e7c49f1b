package audit

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// own reports whether a value is an argument of our helper that looks like a secret and is none: the hash of an edge
// cluster's authorities, and the kind of its credential. The helper has to take all of its arguments, so that nothing
// else is in this one.
func own(user *yaml.Node, value string) bool {
	if !strings.HasPrefix(value, "--ca=") && !strings.HasPrefix(value, "--credential=") {
		return false
	}
	exec := yamledit.Get(user, "exec")
	if exec == nil {
		return false
	}
	command, list := yamledit.Get(yamledit.Resolve(exec), "command"), yamledit.Get(yamledit.Resolve(exec), "args")
	if command == nil || list == nil {
		return false
	}
	var args []string
	for _, arg := range yamledit.Resolve(list).Content {
		args = append(args, textOf(arg))
	}
	_, ours := tokenrequest.FromExec(textOf(command), args)
	return ours && slices.Contains(args, value)
}
