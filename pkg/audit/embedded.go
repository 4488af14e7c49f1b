package audit

import (
	"bytes"
	"encoding/base64"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// Kubeconfigs lie in other files, too: as a string or in base64 in a Secret or ConfigMap of Kubernetes, in the state of
// Terraform, in the values of a chart, and in one another.

// maxNested is how deep a kubeconfig is searched in others.
const maxNested = 5

// findEmbedded audits the kubeconfigs that lie in the scalars below n.
func findEmbedded(root *yaml.Node, depth int) (findings []Finding) {
	if depth >= maxNested {
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
				below := n.Content[i].Value
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
			findings = append(findings, inScalar(n, where, depth)...)
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
	return strings.ToLower(textOf(kind)) + " " + textOf(name)
}

// inScalar audits the kubeconfig that a scalar is, as it stands or in base64.
func inScalar(n *yaml.Node, where string, depth int) []Finding {
	text, literal := embeddedText(textOf(n))
	if text == nil {
		return inWords(n, where, depth)
	}
	found, _ := auditText(text, depth+1)
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
func inWords(n *yaml.Node, where string, depth int) []Finding {
	value := textOf(n)
	if len(value) < 64 {
		return nil
	}
	found := embeddedInLines([]byte(value), depth)
	for i := range found {
		f := &found[i]
		f.Line, f.Entry = n.Line, strings.TrimSpace(where+" "+f.Entry)
	}
	return found
}

// embeddedText is the kubeconfig that a value holds, or nil, and whether it stands there literally.
func embeddedText(value string) (text []byte, literal bool) {
	if len(value) < 32 {
		return nil, false
	}
	if strings.ContainsAny(value, "\n{") && looksLikeKubeconfig([]byte(value)) {
		return []byte(value), true
	}
	if strings.ContainsAny(value[:16], " :{") || !embedsKubeconfig([]byte(withoutSpace(value))) &&
		!embedsKubeconfig(decoded(value)) {
		return nil, false
	}
	if data := decoded(value); looksLikeKubeconfig(toUTF8(data)) || embedsKubeconfig(data) {
		return data, false
	}
	return nil, false
}

func withoutSpace(value string) string {
	if !strings.ContainsAny(value, " \t\r\n") {
		return value
	}
	return strings.Join(strings.Fields(value), "")
}

// decoded is what a value in base64 holds, in its usual form, that of URLs, with padding or without; else nil.
func decoded(value string) []byte {
	value = strings.TrimRight(withoutSpace(value), "=")
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if data, err := encoding.DecodeString(value); err == nil {
			return data
		}
	}
	return nil
}

// embeddedInLines audits the kubeconfigs that words of lines are in base64.
func embeddedInLines(data []byte, depth int) (findings []Finding) {
	if !embedsKubeconfig(data) {
		return nil
	}
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if len(line) < 64 || !embedsKubeconfig(line) {
			continue
		}
		for _, word := range bytes.FieldsFunc(line, func(r rune) bool {
			return r > 0x7e || !base64Letter(byte(r)) && r != '='
		}) {
			word = word[bytes.LastIndexByte(bytes.TrimRight(word, "="), '=')+1:] // KEY=value
			if text := decoded(string(word)); text != nil && looksLikeKubeconfig(toUTF8(text)) && depth < maxNested {
				found, _ := auditText(text, depth+1)
				for i := range found {
					found[i].Line = number
				}
				findings = append(findings, found...)
			}
		}
	}
	return findings
}
