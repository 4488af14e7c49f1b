// Package kuberc edits the credential plugin policy in kubectl's preferences, a Preference of
// kubectl.config.k8s.io/v1beta1, and keeps all else in the file as it is.
package kuberc

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// Field is how an entry of the allowlist names a command: Name in kubectl 1.35, where the list is new, and Command
// since 1.36, which deprecates Name (https://github.com/kubernetes/kubernetes/pull/137272).
type Field string

// The fields of an entry.
const (
	Name    Field = "name"
	Command Field = "command"
)

// FieldFor returns the field that kubectl 1.<minor> wants, or an error if it has no allowlist.
func FieldFor(minor int) (Field, error) {
	switch {
	case minor < 35:
		return "", fmt.Errorf("kubectl 1.%d has no allowlist of credential plugins, which is new in 1.35", minor)
	case minor == 35:
		return Name, nil
	}
	return Command, nil
}

const (
	apiGroup     = "kubectl.config.k8s.io/"
	apiVersion   = apiGroup + "v1beta1"
	kind         = "Preference"
	policyKey    = "credentialPluginPolicy"
	allowlistKey = "credentialPluginAllowlist"
	allowlist    = "Allowlist" // the policy
	maxSize      = 1 << 20
)

// Preference is what is read of a kuberc.
type Preference struct {
	Policy  string   // "" is AllowAll
	Allowed []string // commands of the allowlist
	// Commands is whether it changes what commands of kubectl do, by aliases or other defaults of flags.
	Commands bool
}

// New returns a kuberc that allows just these commands.
func New(field Field, commands []string) []byte {
	return []byte("apiVersion: " + apiVersion + "\nkind: " + kind + "\n" + policyKey + ": " + allowlist + "\n" +
		allowlistKey + ":\n" +
		strings.Join(entries("", field, commands), "\n") + "\n")
}

// entries are the lines of an allowlist.
func entries(indent string, field Field, commands []string) []string {
	var lines []string
	for _, c := range commands {
		quoted, err := yaml.Marshal(c)
		if err != nil {
			quoted = fmt.Appendf(nil, "%q", c)
		}
		lines = append(lines, indent+"- "+string(field)+": "+strings.TrimSpace(string(quoted)))
	}
	return lines
}

// Read returns the policy in data. An empty file has none.
func Read(data []byte) (Preference, error) {
	f, err := parse(data)
	if err != nil || f.root == nil {
		return Preference{}, err
	}
	p := Preference{Commands: yamledit.Get(f.root, "aliases") != nil || yamledit.Get(f.root, "defaults") != nil}
	if policy := yamledit.Get(f.root, policyKey); policy != nil {
		p.Policy = yamledit.Resolve(policy).Value
	}
	if list := yamledit.Get(f.root, allowlistKey); list != nil {
		for _, item := range yamledit.Resolve(list).Content {
			for _, field := range []Field{Name, Command} {
				value := yamledit.Get(yamledit.Resolve(item), string(field))
				if value != nil && !slices.Contains(p.Allowed, yamledit.Resolve(value).Value) {
					p.Allowed = append(p.Allowed, yamledit.Resolve(value).Value)
				}
			}
		}
	}
	return p, nil
}

// Runs reports whether kubectl runs the command as a credential plugin, and its own commands as ever.
func (p Preference) Runs(command string) bool {
	allowed := p.Policy == "" || p.Policy == "AllowAll" || p.Restricts() && slices.Contains(p.Allowed, command)
	return allowed && !p.Commands
}

// Restricts reports whether only the allowed commands may run.
func (p Preference) Restricts() bool { return p.Policy == allowlist }
