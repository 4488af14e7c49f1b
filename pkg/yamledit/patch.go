package yamledit

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// splice replaces the bytes from start to end.
type splice struct {
	start, end int
	text       string
	ownLine    bool // text has to start on a new line
	verbatim   bool // text has the line breaks of the file already
}

// patch collects the splices that turn a text into the one with the changes. New pieces are written as kubectl writes
// them in block style, and as JSON in flow style, of which JSON is a part.
type patch struct {
	text    *text
	splices []splice
	// asBefore is for a document with content: whether it ends with a line break is its author's habit.
	asBefore bool
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
			return nil, errBeyond
		}
		out.Write(p.text.data[at:s.start])
		at = s.end
		if b := out.Bytes(); s.ownLine && len(b) > 0 && b[len(b)-1] != '\n' && string(b) != bom {
			out.WriteString(p.text.eol)
		}
		if p.text.eol != "\n" && !s.verbatim {
			s.text = strings.ReplaceAll(s.text, "\n", p.text.eol)
		}
		out.WriteString(s.text)
	}
	out.Write(p.text.data[at:])
	if p.asBefore && at == len(p.text.data) && !p.text.endsLine() {
		return bytes.TrimSuffix(out.Bytes(), []byte(p.text.eol)), nil // the file ends as it did
	}
	return out.Bytes(), nil
}

// document makes the splices for all changes of the document whose root is at root, and which ends before limit.
func (p *patch) document(root *yaml.Node, limit int, c Changes) error {
	if root == nil || IsNull(root) {
		return p.newDocument(root, limit, c)
	}
	fields, err := p.text.spans(root, limit)
	if err != nil {
		return err
	}
	if p.restoreContent(root, fields, c) {
		return nil
	}
	p.asBefore = true
	added := Fields{} // new fields of the root
	gone := map[int]bool{}
	present := map[string]bool{}
	for i, f := range fields {
		key := f.key.Value
		present[key] = true
		was, restore := p.emptied(f, flow(root), c)
		if restore && was == nil {
			gone[i] = true
			continue
		}
		if restore {
			p.restore(f, flow(root), *was)
		}
		if l := c.list(key); l != nil && !(restore && inline(f.value)) {
			if err := p.list(f, flow(root), *l); err != nil {
				return err
			}
		}
		switch change, ok := c.field(key); {
		case !ok || restore:
		case change.New == nil:
			gone[i] = true
		default:
			if err := p.value(f, flow(root), change.Old, change.New); err != nil {
				return err
			}
		}
	}
	for _, l := range c.Lists {
		if !present[l.Key] && len(l.Items) > 0 {
			added = append(added, Field{l.Key, l.added(nil)})
		}
	}
	for _, f := range c.Fields {
		if !present[f.Key] && f.New != nil {
			added = append(added, Field{f.Key, f.New})
		}
	}
	return p.edit(root, fields, gone, fieldTexts(added))
}

// newDocument writes the first content of a document that has none but comments, or an explicit null.
func (p *patch) newDocument(root *yaml.Node, limit int, c Changes) error {
	content := Fields{}
	set := func(key string, value any) {
		for i := range content {
			if content[i].Key == key {
				content[i].Value = value
				return
			}
		}
		content = append(content, Field{key, value})
	}
	for _, f := range c.Start {
		set(f.Key, f.Value)
	}
	for _, l := range c.Lists {
		set(l.Key, l.added(nil))
	}
	for _, f := range c.Fields {
		if f.New != nil {
			set(f.Key, f.New)
		}
	}
	start, end := newContent(p.text, root, limit)
	p.splices = append(p.splices, splice{start: start, end: end, text: blockYAML(content, 0), ownLine: true})
	return nil
}

// list changes a list of named items, which is the value of f.
func (p *patch) list(f span, inFlow bool, l List) error {
	n := f.value
	if len(l.Items) == 0 {
		return nil
	}
	if n.Kind == yaml.AliasNode {
		return fmt.Errorf("line %d: %s is an alias, which cannot be edited", n.Line, l.Key)
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return p.fillList(f, inFlow, l.added(nil))
	}
	spans, err := p.text.spans(n, f.end)
	if err != nil {
		return err
	}
	changes := l.byName()
	gone := map[int]bool{}
	present := map[string]bool{}
	for i, s := range spans {
		name, _ := l.Name(s.value)
		item, changed := changes[name]
		switch {
		case !changed || present[name] && l.First:
		case present[name]:
			return fmt.Errorf("line %d: a second item of %s named %q", s.value.Line, l.Key, name)
		case item.New == nil:
			gone[i] = true
		case s.value.Kind != yaml.MappingNode:
			return fmt.Errorf("line %d: the item %q of %s is an alias, which cannot be edited", s.value.Line, name,
				l.Key)
		default:
			if err := p.mapping(s.value, s.end, object(item.Old), item.New); err != nil {
				return err
			}
		}
		present[name] = true
	}
	return p.edit(n, spans, gone, itemTexts(l.added(present)))
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
	if colon := p.text.colonEnd(f); len(bytes.TrimSpace(p.text.data[colon:start])) == 0 {
		start = colon
	} else { // a comment is between
		start = len(bytes.TrimRight(p.text.data[:start], " "))
	}
	p.splices = append(p.splices,
		splice{start: start, end: end},
		splice{start: f.end, end: f.end, text: blockYAML(items, f.key.Column-1), ownLine: true})
	return nil
}

// mapping makes the splices that turn the object old, which is the node n, into new. Fields that neither names stay.
func (p *patch) mapping(n *yaml.Node, limit int, old map[string]any, wanted any) error {
	fields, err := p.text.spans(n, limit)
	if err != nil {
		return err
	}
	new := object(wanted)
	gone, present := map[int]bool{}, map[string]bool{}
	for i, f := range fields {
		key := f.key.Value
		present[key] = true
		before, was := old[key]
		after, is := new[key]
		switch {
		case reflect.DeepEqual(plain(before), plain(after)):
		case was && !is:
			gone[i] = true
		default:
			if err := p.value(f, flow(n), before, after); err != nil {
				return err
			}
		}
	}
	added := Fields{}
	for _, f := range ordered(wanted) {
		if !present[f.Key] && !reflect.DeepEqual(plain(old[f.Key]), plain(f.Value)) {
			added = append(added, f)
		}
	}
	return p.edit(n, fields, gone, fieldTexts(added))
}

// value changes the value of one field, field by field if it is an object and stays one.
func (p *patch) value(f span, inFlow bool, old, new any) error {
	before, after := object(old), object(new)
	if before != nil && after != nil && f.value.Kind == yaml.MappingNode &&
		(len(after) > 0 && len(f.value.Content) > 0 || !within(f.value, before)) {
		return p.mapping(f.value, f.end, before, new)
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
		p.splices = append(p.splices, splice{start: start, end: end, text: p.separator(f, start, true) +
			flowJSON(value, "", "")})
	case inline:
		p.splices = append(p.splices, splice{start: start, end: end, text: p.separator(f, start, false) +
			inlineYAML(value)})
	default:
		column := f.key.Column - 1
		p.splices = append(p.splices, splice{start: f.start, end: f.end,
			text: strings.TrimLeft(blockYAML(Fields{{f.key.Value, value}}, column), " ")})
	}
}

// separator is the space between a colon and a value where there is none: only JSON, whose keys are quoted, can do
// without.
func (p *patch) separator(f span, start int, inFlow bool) string {
	if p.text.data[start-1] == ':' && !(inFlow && f.key.Style&yaml.DoubleQuotedStyle != 0) {
		return " "
	}
	return ""
}

// edit takes the spans of gone out of the collection n and appends what is added.
func (p *patch) edit(n *yaml.Node, spans []span, gone map[int]bool, added texts) error {
	if flow(n) {
		p.editFlow(n, spans, gone, added)
		return nil
	}
	for i := 0; i < len(spans); i++ {
		if !gone[i] {
			continue
		}
		s := spans[i]
		start := p.text.lines[p.text.lineOf(s.start)]
		if len(bytes.TrimLeft(p.text.data[start:s.start], " ")) > 0 {
			return fmt.Errorf("line %d: a field on the line of its dash cannot be removed", n.Line)
		}
		for i+1 < len(spans) && gone[i+1] && p.text.lines[p.text.lineOf(spans[i+1].start)] == s.end {
			i++
			s.end = spans[i].end
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
	if p.text.endsInBlock(last) {
		p.before(last, added.block(column), column)
		return nil
	}
	p.splices = append(p.splices, splice{start: last.end, end: last.end, text: added.block(column), ownLine: true})
	return nil
}

// before puts text before the last piece of a collection, which ends the file inside of a block scalar: a line break
// after it would become part of that.
func (p *patch) before(last span, text string, column int) {
	start := p.text.lines[p.text.lineOf(last.start)]
	if len(bytes.TrimLeft(p.text.data[start:last.start], " ")) > 0 { // a field on the line of its dash
		start = last.start
		text = strings.TrimLeft(text, " ") + strings.Repeat(" ", column)
	}
	p.splices = append(p.splices, splice{start: start, end: start, text: text})
}
