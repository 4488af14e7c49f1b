package kubeconfig

import (
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"go.yaml.in/yaml/v4"

	"github.com/kubectl-edge/kubectl-edge/pkg/audit"
	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// Diff returns the change of the file of this name as a unified diff, or "" if there is none. Secrets in it are replaced,
// in lines that stay, too.
func Diff(name string, old, new []byte) string {
	return string(diff.Diff(name, redact(old), name+" (edited)", redact(new)))
}

// redact replaces every secret in the text of a kubeconfig, those in fields unknown to client-go and in comments included.
// Of what it cannot read it shows nothing.
func redact(data []byte) []byte {
	t, err := newText(data)
	if err != nil {
		return []byte(yamledit.Redacted + "\n")
	}
	root, err := parseNodes(data)
	if err != nil {
		return []byte(yamledit.Redacted + "\n")
	}
	p := &patch{text: t}
	hidden := map[*yaml.Node]bool{}
	for _, n := range audit.Secrets(root) {
		hidden[n] = true
	}
	if root != nil {
		if err := p.redact(root, t.documentEnd(root.Line-1), hidden); err != nil {
			return []byte(yamledit.Redacted + "\n")
		}
	}
	visible, err := p.result()
	if err != nil || len(p.splices) != len(hidden) {
		return []byte(yamledit.Redacted + "\n")
	}
	var out strings.Builder
	for line := range strings.Lines(string(visible)) {
		out.WriteString(audit.HideComment(line))
	}
	return []byte(out.String())
}

// redact makes a splice for each hidden scalar below n.
func (p *patch) redact(n *yaml.Node, limit int, hidden map[*yaml.Node]bool) error {
	if n.Kind != yaml.MappingNode && n.Kind != yaml.SequenceNode {
		return nil
	}
	spans, err := p.text.spans(n, limit)
	if err != nil {
		return err
	}
	for _, s := range spans {
		if !hidden[s.value] {
			if err := p.redact(s.value, s.end, hidden); err != nil {
				return err
			}
			continue
		}
		cover := splice{start: p.text.offset(s.value), end: s.end, text: yamledit.Redacted}
		if end, ok := p.text.inlineEnd(s); ok && !flow(n) {
			cover.end = end
		} else if !flow(n) {
			cover.text += "\n"
		}
		p.splices = append(p.splices, cover)
	}
	return nil
}
