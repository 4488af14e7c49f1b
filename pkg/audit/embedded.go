package audit

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// Kubeconfigs lie in other files, too: as a string or in base64 in a Secret or ConfigMap of Kubernetes, in the state of
// Terraform, in the values of a chart, and in one another.

// findEmbedded audits the kubeconfigs that lie in the scalars below n.
func findEmbedded(root *yaml.Node, u unpacking) (findings []Finding) {
	if u.depth >= maxNested {
		return nil
	}
	var walk func(n *yaml.Node, where string)
	walk = func(n *yaml.Node, where string) {
		switch n.Kind {
		case yaml.MappingNode:
			if name := manifestName(n); name != "" {
				where = name
			}
			for i := 0; i+1 < len(n.Content); i += 2 {
				walk(n.Content[i], where)
				below := Shown(n.Content[i].Value)
				if n.Content[i+1].Kind == yaml.ScalarNode && where != "" {
					below = where + " " + below
				} else if n.Content[i+1].Kind != yaml.ScalarNode {
					below = where
				}
				walk(n.Content[i+1], below)
			}
		case yaml.SequenceNode:
			for _, item := range n.Content {
				walk(item, where)
			}
		case yaml.ScalarNode:
			findings = append(findings, inScalar(n, where, u)...)
		}
	}
	walk(root, "")
	return findings
}

// manifestName is what an object of Kubernetes is called in messages, such as "secret demo".
func manifestName(n *yaml.Node) string {
	kind, metadata := yamledit.Get(n, "kind"), yamledit.Get(n, "metadata")
	if kind == nil || metadata == nil {
		return ""
	}
	name := yamledit.Get(yamledit.Resolve(metadata), "name")
	if name == nil {
		return ""
	}
	return strings.ToLower(textOf(kind)) + " " + Shown(textOf(name))
}

// inScalar audits the kubeconfig that a scalar is, as it stands, in base64 or compressed.
func inScalar(n *yaml.Node, where string, u unpacking) []Finding {
	text, literal := u.text(textOf(n))
	if text == nil {
		return inWords(n, where, u)
	}
	found := auditCarried(text, u.deeper())
	// Where a line of the kubeconfig is a line of the file, the finding is of that.
	shift := literal && n.Style&yaml.LiteralStyle != 0
	for i := range found {
		f := &found[i]
		if shift {
			f.Line += n.Line
		} else {
			f.Line = n.Line
		}
		if f.Entry = strings.TrimSpace(where + " " + f.Entry); where != "" && f.Kind == Comment {
			f.Entry = where
		}
	}
	return found
}

// inWords audits the kubeconfigs that words of a scalar are in base64: a file of assignments and one of Terraform are
// YAML, too, of a single scalar.
func inWords(n *yaml.Node, where string, u unpacking) []Finding {
	value := textOf(n)
	if len(value) < 64 {
		return nil
	}
	found := embeddedInLines([]byte(value), u)
	for i := range found {
		f := &found[i]
		f.Line, f.Entry = n.Line, strings.TrimSpace(where+" "+f.Entry)
	}
	return found
}

// auditCarried audits what was found in something else: a kubeconfig, or what carries one in turn.
func auditCarried(text []byte, u unpacking) []Finding {
	if !isOrStandsFor(text) {
		return auditOther(text, u)
	}
	found, _ := auditReadable(text, false, false, u)
	return found
}

// embeddedInLines audits the kubeconfigs that words of lines are in base64.
func embeddedInLines(data []byte, u unpacking) (findings []Finding) {
	if u.depth >= maxNested || !embedsKubeconfig(data) && !holdsPacked(data) {
		return nil
	}
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if len(line) < 64 || !embedsKubeconfig(line) && !holdsPacked(line) {
			continue
		}
		for _, word := range bytes.FieldsFunc(line, func(r rune) bool {
			return r > 0x7e || !base64Letter(byte(r)) && r != '='
		}) {
			word = word[bytes.LastIndexByte(bytes.TrimRight(word, "="), '=')+1:] // KEY=value
			text, _ := u.text(string(word))
			if text == nil {
				continue
			}
			found := auditCarried(text, u.deeper())
			for i := range found {
				found[i].Line = number
			}
			findings = append(findings, found...)
		}
	}
	return findings
}
