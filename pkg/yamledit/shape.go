package yamledit

import (
	"bytes"
	"maps"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Shape is how a document was written in the places that an edit filled. A list that is not there, one that is [], null
// or nothing at all mean the same to who reads the file, but they are not the same file: with it, the edit that empties
// the place again leaves what stood there.
type Shape struct {
	// Fields are, of fields of the root, the texts from the colon to the end of the value; nil if it was not there.
	Fields map[string]*string `json:"fields,omitempty"`
	// Content is the text of a document that had no content, or between the braces of an empty one.
	Content *string `json:"content,omitempty"`
	// Unended is for a Content in the line of what is before it.
	Unended bool `json:"unended,omitempty"`
}

// Empty reports whether there is nothing to restore.
func (s Shape) Empty() bool { return len(s.Fields) == 0 && s.Content == nil }

// With is what is known of both, where they differ of later.
func (s Shape) With(later Shape) Shape {
	fields := maps.Clone(s.Fields)
	if fields == nil {
		fields = map[string]*string{}
	}
	maps.Copy(fields, later.Fields)
	if later.Content == nil {
		later.Content, later.Unended = s.Content, s.Unended
	}
	later.Fields = fields
	return later
}

// maxShape bounds a text that stands for nothing.
const maxShape = 256

// nothing reports whether a text holds no more than a way to write that there is nothing.
func nothing(text string) bool {
	word := strings.Trim(text, " \t\r\n[]{}\"'~")
	return len(text) <= maxShape && (word == "" || strings.EqualFold(word, "null"))
}

// Shape returns what Changes.Before is to be after the changes: what stands in the places of the document that they
// fill is added to what was known before, and what they empty is left out.
func (d *Document) Shape(c Changes, before Shape) Shape {
	root, limit := d.at(c.Document)
	t := d.text
	s := Shape{}.With(before)
	if root == nil || IsNull(root) {
		start, end := newContent(t, root, limit)
		if text := string(t.data[start:end]); nothing(text) {
			s.Content, s.Unended = &text, start > 0 && t.data[start-1] != '\n' && string(t.data[:start]) != bom
		}
		return s
	}
	fields, err := t.spans(root, limit)
	if err != nil {
		return s
	}
	if flow(root) && len(fields) == 0 {
		open := t.skipProperties(t.offset(root), root)
		if text := string(t.data[open+1 : t.bracketEnd(open)-1]); nothing(text) {
			s.Content = &text
		}
	}
	present := map[string]bool{}
	left := len(fields) == 0
	for _, f := range fields {
		key := f.key.Value
		present[key] = true
		left = left || !c.empties(f) && (flow(root) || !c.starts(f))
		switch {
		case c.empties(f):
			delete(s.Fields, key)
		case c.fills(key) && isNothing(f.value):
			delete(s.Fields, key)
			if end, ok := t.valueEnd(f, flow(root)); ok {
				if text := string(t.data[t.colonEnd(f):end]); nothing(text) {
					s.Fields[key] = &text
				}
			}
		}
	}
	if !left { // then it is without content again
		s.Content, s.Unended = nil, false
	}
	for _, l := range c.Lists {
		if !present[l.Key] && c.fills(l.Key) {
			s.Fields[l.Key] = nil
		}
	}
	for _, f := range c.Fields {
		if !present[f.Key] && c.fills(f.Key) {
			s.Fields[f.Key] = nil
		}
	}
	return s
}

// fills reports whether the changes put something into a field of the root.
func (c Changes) fills(key string) bool {
	if l := c.list(key); l != nil {
		return len(l.added(nil)) > 0
	}
	f, ok := c.field(key)
	return ok && !isZero(f.New)
}

// empties reports whether the changes leave nothing in a field of the root that has something.
func (c Changes) empties(f span) bool {
	if isNothing(f.value) || c.fills(f.key.Value) {
		return false
	}
	if l := c.list(f.key.Value); l != nil {
		return f.value.Kind == yaml.SequenceNode && l.takesAll(f.value)
	}
	_, ok := c.field(f.key.Value)
	return ok && f.value.Kind == yaml.ScalarNode
}

// takesAll reports whether the changes take all items out of a list.
func (l List) takesAll(n *yaml.Node) bool {
	changes := l.byName()
	for _, item := range n.Content {
		name, _ := l.Name(item)
		if change, changed := changes[name]; !changed || change.New != nil {
			return false
		}
	}
	return true
}

func isZero(value any) bool { return value == nil || value == "" }

func isNothing(n *yaml.Node) bool {
	return IsNull(n) || n.Kind == yaml.SequenceNode && len(n.Content) == 0 || n.Kind == yaml.ScalarNode && n.Value == ""
}

// inline reports whether a value is not in block style.
func inline(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode || flow(n) }

// emptied returns what stood in a field that the changes empty, and whether that is known and can be written again
// without losing what others have written into the field since.
func (p *patch) emptied(f span, inFlow bool, c Changes) (was *string, ok bool) {
	if was, ok = c.Before.Fields[f.key.Value]; !ok || !c.empties(f) {
		return nil, false
	}
	if was == nil {
		return nil, inFlow || p.bare(f)
	}
	_, known := p.text.valueEnd(f, inFlow)
	return was, known || !inline(f.value)
}

// bare reports whether a field holds nothing but its key and its value, or the items of that: no comment.
func (p *patch) bare(f span) bool {
	if inline(f.value) {
		end, ok := p.text.inlineEnd(f)
		return ok && len(bytes.TrimSpace(p.text.data[end:f.end])) == 0
	}
	spans, err := p.text.spans(f.value, f.end)
	if err != nil || len(spans) == 0 {
		return false
	}
	at := p.text.colonEnd(f)
	for _, s := range spans {
		if len(bytes.TrimSpace(p.text.data[at:s.start])) > 0 {
			return false
		}
		at = s.end
	}
	return len(bytes.TrimSpace(p.text.data[at:f.end])) == 0
}

// restore writes again what stood in a field. The items of a block list are still to be taken out.
func (p *patch) restore(f span, inFlow bool, was string) {
	start := p.text.colonEnd(f)
	end := start
	if inline(f.value) {
		end, _ = p.text.valueEnd(f, inFlow)
	}
	p.splices = append(p.splices, splice{start: start, end: end, text: was, verbatim: true})
}

// restoreContent writes again what stood for a document that the changes leave without content of others.
func (p *patch) restoreContent(root *yaml.Node, fields []span, c Changes) bool {
	if c.Before.Content == nil || len(fields) == 0 {
		return false
	}
	for i, f := range fields {
		was, emptied := c.Before.Fields[f.key.Value]
		inBraces := flow(root) && emptied && was == nil && c.empties(f)
		ours := !flow(root) && (c.empties(f) || c.starts(f)) && p.bare(f) && (i == 0 || fields[i-1].end == f.start)
		if !inBraces && !ours {
			return false
		}
	}
	s := splice{start: fields[0].start, end: fields[len(fields)-1].end, text: *c.Before.Content, verbatim: true}
	if flow(root) {
		open := p.text.skipProperties(p.text.offset(root), root)
		s.start, s.end = open+1, p.text.bracketEnd(open)-1
	} else if c.Before.Unended {
		s.start = len(bytes.TrimSuffix(bytes.TrimSuffix(p.text.data[:s.start], []byte("\n")), []byte("\r")))
	}
	p.splices = append(p.splices, s)
	return true
}

// starts reports whether a field is one that a new document begins with, and is as it was then.
func (c Changes) starts(f span) bool {
	for _, start := range c.Start {
		if start.Key == f.key.Value {
			return start.Value == f.value.Value ||
				isNothing(f.value) && (isZero(start.Value) || c.list(start.Key) != nil)
		}
	}
	return false
}

// newContent is where the content of a document goes that has none.
func newContent(t *text, root *yaml.Node, limit int) (start, end int) {
	if root != nil && root.Value != "" { // an explicit null
		start = t.offset(root)
		return start, start + len(root.Value)
	}
	return limit, limit
}
