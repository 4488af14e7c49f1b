package yamledit

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// Mask returns the text with Redacted in place of the scalars that hidden names of each document, keys among them, and
// with every line passed through line, which masks comments. Of what it cannot read it shows nothing.
func Mask(data []byte, hidden func(root *yaml.Node) []*yaml.Node, line func(string) string) []byte {
	nothing := []byte(Redacted + "\n")
	d, err := Parse(data)
	if err != nil {
		return nothing
	}
	p := &patch{text: d.text}
	count := 0
	for i := range d.roots {
		root, limit := d.at(i)
		nodes := map[*yaml.Node]bool{}
		for _, n := range hidden(root) {
			nodes[n] = true
		}
		count += len(nodes)
		if err := p.mask(root, limit, nodes); err != nil {
			return nothing
		}
	}
	visible, err := p.result()
	if err != nil || len(p.splices) != count {
		return nothing
	}
	var out strings.Builder
	for text := range strings.Lines(string(visible)) {
		out.WriteString(line(text))
	}
	return []byte(out.String())
}

// mask makes a splice for each hidden scalar below n.
func (p *patch) mask(n *yaml.Node, limit int, hidden map[*yaml.Node]bool) error {
	if n.Kind != yaml.MappingNode && n.Kind != yaml.SequenceNode {
		return nil
	}
	spans, err := p.text.spans(n, limit)
	if err != nil {
		return err
	}
	for _, s := range spans {
		if s.key != nil && hidden[s.key] {
			start := p.text.offset(s.key)
			end := p.text.nodeEnd(start, s.key, flow(n))
			p.splices = append(p.splices, splice{start: start, end: end, text: Redacted})
		}
		if !hidden[s.value] {
			if err := p.mask(s.value, s.end, hidden); err != nil {
				return err
			}
			continue
		}
		cover := splice{start: p.text.offset(s.value), end: s.end, text: Redacted}
		if end, ok := p.text.inlineEnd(s); ok && !flow(n) {
			cover.end = end
		} else if !flow(n) {
			cover.text += "\n"
		}
		p.splices = append(p.splices, cover)
	}
	return nil
}
