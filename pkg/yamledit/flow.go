package yamledit

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v4"
)

func (p *patch) editFlow(n *yaml.Node, spans []span, gone map[int]bool, added texts) {
	open := p.text.skipProperties(p.text.offset(n), n)
	end := p.text.bracketEnd(open) - 1
	separator, prefix, indent := p.flowLayout(open, end, spans)
	text := strings.Join(added.flow(prefix, indent), ","+separator)
	if len(gone) == len(spans) {
		if text != "" && prefix != "" {
			text = "\n" + prefix + text + "\n" + strings.TrimSuffix(prefix, indent)
		}
		if text != "" || len(spans) > 0 {
			p.splices = append(p.splices, splice{start: open + 1, end: end, text: text})
		}
		return
	}
	for i := 0; i < len(spans); i++ {
		if !gone[i] {
			continue
		}
		first := i
		for i+1 < len(spans) && gone[i+1] {
			i++
		}
		if first > 0 {
			p.splices = append(p.splices, splice{start: spans[first-1].end, end: spans[i].end})
		} else {
			p.splices = append(p.splices, splice{start: spans[0].start, end: spans[i+1].start})
		}
	}
	if text != "" {
		last := spans[len(spans)-1].end
		p.splices = append(p.splices, splice{start: last, end: last, text: "," + separator + text})
	}
}

// flowLayout finds how the pieces of a flow collection are laid out: what follows a comma, and the indentation of a
// piece and the step of indentation if each is on a line of its own.
func (p *patch) flowLayout(open, end int, spans []span) (separator, prefix, indent string) {
	leading := func(offset int) string {
		l := p.text.line(p.text.lineOf(offset))
		return string(l[:len(l)-len(bytes.TrimLeft(l, " \t"))])
	}
	outer := leading(open)
	switch {
	case len(spans) > 0 && p.text.lineOf(open) != p.text.lineOf(spans[0].start):
		prefix = leading(spans[0].start)
	case len(spans) == 0 && p.text.data[p.text.lines[0]] == '{' && len(p.text.lines) > 2:
		prefix = outer + "    " // as STACKIT's and Python's JSON
	default:
		return " ", "", ""
	}
	indent = strings.TrimPrefix(prefix, outer)
	if indent == "" || indent == prefix && outer != "" {
		indent = "  "
	}
	return "\n" + prefix, prefix, indent
}
