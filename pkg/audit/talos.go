package audit

import (
	"bytes"

	"go.yaml.in/yaml/v4"

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// Talosconfig is the kind of a finding that is the private key in a talosconfig. What it is to a kubeconfig, a
// talosconfig is to the machines of a Talos cluster: with the role os:admin it opens these, their etcd, and so all that
// runs on them.
const Talosconfig Kind = "talosconfig"

// talosContexts are the contexts of a talosconfig, by name and content in turn; nil if it is not one. Those of a
// kubeconfig are a list, and a talosconfig's a mapping.
func talosContexts(root *yaml.Node) []*yaml.Node {
	value := yamledit.Get(root, "contexts")
	if value == nil || yamledit.Resolve(value).Kind != yaml.MappingNode || yamledit.Get(root, "users") != nil {
		return nil
	}
	contexts := yamledit.Resolve(value).Content
	for i := 1; i < len(contexts); i += 2 {
		context := yamledit.Resolve(contexts[i])
		if yamledit.Get(context, "crt") != nil || yamledit.Get(context, "endpoints") != nil {
			return contexts
		}
	}
	return nil
}

// walkTalosconfig searches the contexts of a talosconfig.
func (s *search) walkTalosconfig(contexts []*yaml.Node) {
	for i := 0; i+1 < len(contexts); i += 2 {
		content := yamledit.Resolve(contexts[i+1])
		s.walk(content, "", place{entry: "context " + Shown(contexts[i].Value), talos: content})
	}
}

// looksLikeTalosconfig reports whether a text has the fields of one.
func looksLikeTalosconfig(data []byte) bool {
	if !bytes.Contains(data, []byte("contexts")) || !bytes.Contains(data, []byte("crt")) {
		return false
	}
	named := map[string]bool{}
	for _, m := range talosKey().FindAllSubmatch(data, -1) {
		named[string(m[1])] = true
	}
	return named["contexts"] && named["crt"] && named["key"]
}

var talosKey = onFirstUse(`(?:^|[{,\s?]|\\n)["']?(contexts|crt|key)["']?\s*:`)
