package kubeconfig

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
	sigsyaml "sigs.k8s.io/yaml"
)

// splice replaces the bytes from start to end.
type splice struct {
	start, end int
	text       string
	ownLine    bool // text has to start on a new line
}

// patch collects the splices that turn a text into the one with the changes. New pieces are written as kubectl writes
// them in block style, and as JSON in flow style, of which JSON is a part.
type patch struct {
	text    *text
	splices []splice
}

// result applies all splices in one pass.
func (p *patch) result() ([]byte, error) {
	// Of two splices at one place the one that only inserts is first; otherwise they stay in the order they were made.
	slices.SortStableFunc(p.splices, func(a, b splice) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return min(a.end-a.start, 1) - min(b.end-b.start, 1)
	})
	var out bytes.Buffer
	at := 0
	for _, s := range p.splices {
		if s.start < at || s.end < s.start {
			return nil, errBeyond()
		}
		out.Write(p.text.data[at:s.start])
		at = s.end
		if b := out.Bytes(); s.ownLine && len(b) > 0 && b[len(b)-1] != '\n' && string(b) != bom {
			out.WriteString(p.text.eol)
		}
		if p.text.eol != "\n" {
			s.text = strings.ReplaceAll(s.text, "\n", p.text.eol)
		}
		out.WriteString(s.text)
	}
	out.Write(p.text.data[at:])
	return out.Bytes(), nil
}

// document makes the splices for all changes.
func (p *patch) document(root *yaml.Node, c *changes) error {
	added := map[string]any{} // new fields of the root
	if root == nil || root.Kind == yaml.ScalarNode {
		added["apiVersion"], added["kind"], added["current-context"] = "v1", "Config", c.to
		for _, l := range lists() {
			added[l.key] = newItems(c.entries[l], nil)
		}
		s := splice{start: len(p.text.data), end: len(p.text.data), text: blockYAML(added, 0), ownLine: true}
		if root != nil && root.Value != "" { // an explicit null
			s.start = p.text.offset(root)
			s.end = s.start + len(root.Value)
		}
		p.splices = append(p.splices, s)
		return nil
	}
	limit := p.text.documentEnd(root.Line - 1)
	fields, err := p.text.spans(root, limit)
	if err != nil {
		return err
	}
	byKey := map[string]span{}
	for _, f := range fields {
		byKey[f.key.Value] = f
	}
	for _, l := range lists() {
		if len(c.entries[l]) == 0 {
			continue
		}
		if f, ok := byKey[l.key]; !ok {
			added[l.key] = newItems(c.entries[l], nil)
		} else if err := p.list(f, flow(root), l, c.entries[l]); err != nil {
			return err
		}
	}
	if f, ok := byKey["current-context"]; c.from != c.to && ok {
		p.replace(f, flow(root), c.to)
	} else if c.from != c.to {
		added["current-context"] = c.to
	}
	return p.edit(root, fields, nil, fieldTexts(added))
}

// newItems are the entries that become part of a list in which the names of present are already.
func newItems(entries map[string]change, present map[string]bool) []any {
	items := []any{}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if !present[name] && entries[name].new != nil {
			items = append(items, entries[name].new)
		}
	}
	return items
}

// list changes one of the three lists, which is the value of f.
func (p *patch) list(f span, inFlow bool, l list, entries map[string]change) error {
	n := f.value
	if n.Kind == yaml.AliasNode {
		return fmt.Errorf("line %d: %s is an alias, which cannot be edited", n.Line, l.key)
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return p.fillList(f, inFlow, newItems(entries, nil))
	}
	spans, err := p.text.spans(n, f.end)
	if err != nil {
		return err
	}
	gone := map[int]bool{}
	present := map[string]bool{}
	for i, s := range spans {
		name, _ := itemName(s.value)
		present[name] = true
		entry, changed := entries[name]
		switch {
		case !changed:
		case entry.new == nil:
			gone[i] = true
		case s.value.Kind != yaml.MappingNode:
			return fmt.Errorf("line %d: the %s is an alias, which cannot be edited", s.value.Line, l.inner)
		default:
			if err := p.mapping(s.value, s.end, entry.old, entry.new); err != nil {
				return err
			}
		}
	}
	return p.edit(n, spans, gone, itemTexts(newItems(entries, present)))
}

// fillList gives items to a list that is null or empty. In block style a comment after the key stays where it is.
func (p *patch) fillList(f span, inFlow bool, items []any) error {
	if inFlow {
		p.replace(f, inFlow, items)
		return nil
	}
	end, ok := p.text.inlineEnd(f)
	if !ok {
		return fmt.Errorf("line %d: the empty list cannot be edited", f.value.Line)
	}
	start := p.text.offset(f.value)
	p.splices = append(p.splices,
		splice{start: len(bytes.TrimRight(p.text.data[:start], " ")), end: end},
		splice{start: f.end, end: f.end, text: blockYAML(items, f.key.Column-1), ownLine: true})
	return nil
}

// mapping makes the splices that turn the object old, which is the node n, into new. Fields that neither names stay.
func (p *patch) mapping(n *yaml.Node, limit int, old, new map[string]any) error {
	fields, err := p.text.spans(n, limit)
	if err != nil {
		return err
	}
	added, gone, present := map[string]any{}, map[int]bool{}, map[string]bool{}
	for i, f := range fields {
		key := f.key.Value
		present[key] = true
		before, was := old[key]
		after, is := new[key]
		switch {
		case reflect.DeepEqual(before, after):
		case was && !is:
			gone[i] = true
		default:
			if err := p.value(f, flow(n), before, after); err != nil {
				return err
			}
		}
	}
	for key, value := range new {
		if !present[key] && !reflect.DeepEqual(old[key], value) {
			added[key] = value
		}
	}
	return p.edit(n, fields, gone, fieldTexts(added))
}

// value changes the value of one field, field by field if it is an object and stays one.
func (p *patch) value(f span, inFlow bool, old, new any) error {
	before, was := old.(map[string]any)
	after, is := new.(map[string]any)
	if was && is && f.value.Kind == yaml.MappingNode && (len(after) > 0 && len(f.value.Content) > 0 || !within(f.value, before)) {
		return p.mapping(f.value, f.end, before, after)
	}
	p.replace(f, inFlow, new)
	return nil
}

// within reports whether object has all the keys of the mapping n.
func within(n *yaml.Node, object map[string]any) bool {
	for i := 0; i < len(n.Content); i += 2 {
		if _, ok := object[n.Content[i].Value]; !ok {
			return false
		}
	}
	return true
}

// replace writes a new value for a field. A comment after a value on one line stays.
func (p *patch) replace(f span, inFlow bool, value any) {
	start := p.text.offset(f.value)
	end, inline := f.end, inFlow
	if !inFlow && scalar(value) {
		if e, ok := p.text.inlineEnd(f); ok {
			end, inline = e, true
		}
	}
	switch {
	case inline && inFlow:
		p.splices = append(p.splices, splice{start: start, end: end, text: p.separator(f, start, true) + flowJSON(value, "", "")})
	case inline:
		p.splices = append(p.splices, splice{start: start, end: end, text: p.separator(f, start, false) + inlineYAML(value)})
	default:
		column := f.key.Column - 1
		p.splices = append(p.splices, splice{start: f.start, end: f.end, text: strings.TrimLeft(blockYAML(map[string]any{f.key.Value: value}, column), " ")})
	}
}

// separator is the space between a colon and a value where there is none: only JSON, whose keys are quoted, can do without.
func (p *patch) separator(f span, start int, inFlow bool) string {
	if p.text.data[start-1] == ':' && !(inFlow && f.key.Style&yaml.DoubleQuotedStyle != 0) {
		return " "
	}
	return ""
}

// texts are the new pieces of a collection, in both styles.
type texts struct {
	block func(column int) string
	flow  func(prefix, indent string) []string
	empty bool
}

func fieldTexts(fields map[string]any) texts {
	return texts{
		block: func(column int) string { return blockYAML(fields, column) },
		flow: func(prefix, indent string) (pieces []string) {
			for _, key := range slices.Sorted(maps.Keys(fields)) {
				pieces = append(pieces, flowJSON(key, "", "")+": "+flowJSON(fields[key], prefix, indent))
			}
			return pieces
		},
		empty: len(fields) == 0,
	}
}

func itemTexts(items []any) texts {
	return texts{
		block: func(column int) string { return blockYAML(items, column) },
		flow: func(prefix, indent string) (pieces []string) {
			for _, item := range items {
				pieces = append(pieces, flowJSON(item, prefix, indent))
			}
			return pieces
		},
		empty: len(items) == 0,
	}
}

// edit takes the spans of gone out of the collection n and appends what is added.
func (p *patch) edit(n *yaml.Node, spans []span, gone map[int]bool, added texts) error {
	if flow(n) {
		p.editFlow(n, spans, gone, added)
		return nil
	}
	for i, s := range spans {
		if !gone[i] {
			continue
		}
		start := p.text.lines[p.text.lineOf(s.start)]
		if len(bytes.TrimLeft(p.text.data[start:s.start], " ")) > 0 {
			return fmt.Errorf("line %d: a field on the line of its dash cannot be removed", n.Line)
		}
		p.splices = append(p.splices, splice{start: start, end: s.end})
	}
	if added.empty {
		return nil
	}
	if len(spans) == 0 {
		return errors.New("an empty mapping cannot be edited")
	}
	last := spans[len(spans)-1]
	column := n.Content[0].Column - 1
	if n.Kind == yaml.SequenceNode {
		_, column, _ = p.text.dash(spans[0].value)
	}
	p.splices = append(p.splices, splice{start: last.end, end: last.end, text: added.block(column), ownLine: true})
	return nil
}

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

// flowLayout finds how the pieces of a flow collection are laid out: what follows a comma, and the indentation of a piece
// and the step of indentation if each is on a line of its own.
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

func scalar(value any) bool {
	switch value.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}

// blockYAML is value in block style, each line indented to column.
func blockYAML(value any, column int) string {
	data, err := sigsyaml.Marshal(value)
	if err != nil {
		return "" // not possible for decoded JSON; the check of the result would refuse it
	}
	indent := strings.Repeat(" ", column)
	var out strings.Builder
	for line := range strings.Lines(string(data)) {
		if line != "\n" {
			out.WriteString(indent)
		}
		out.WriteString(line)
	}
	return out.String()
}

// inlineYAML is a scalar on one line.
func inlineYAML(value any) string {
	text := strings.TrimSuffix(blockYAML(value, 0), "\n")
	if strings.Contains(text, "\n") {
		return flowJSON(value, "", "")
	}
	return text
}

// flowJSON is value as JSON: on one line, or indented if indent is not empty.
func flowJSON(value any, prefix, indent string) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent(prefix, indent)
	if err := encoder.Encode(value); err != nil {
		return "" // as above
	}
	return strings.TrimSuffix(out.String(), "\n")
}
