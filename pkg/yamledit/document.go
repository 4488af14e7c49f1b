package yamledit

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v4"
)

// Document is the text of a YAML file with the parse tree of each of its documents.
type Document struct {
	data  []byte
	text  *text
	roots []*yaml.Node // one for each document of the file
}

// Parse reads a file. It refuses what could not be edited safely. Its errors never quote the file.
func Parse(data []byte) (*Document, error) {
	if len(data) > MaxSize {
		return nil, ErrTooBig
	}
	d := &Document{data: data}
	var err error
	if d.text, err = newText(data); err != nil {
		return nil, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var document yaml.Node
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			return d, nil
		} else if err != nil {
			return nil, SyntaxError(err)
		}
		root := document.Content[0]
		if err := d.text.check(root); err != nil {
			return nil, err
		}
		d.roots = append(d.roots, root)
	}
}

// Roots are the parse trees of the file's documents; none if there are only comments. Nobody changes them.
func (d *Document) Roots() []*yaml.Node { return d.roots }

// Root is the parse tree of the first document, nil if there are only comments.
func (d *Document) Root() *yaml.Node {
	if len(d.roots) == 0 {
		return nil
	}
	return d.roots[0]
}

// Changes are what an edit changes in one document of a file: fields of its root, and items of lists in it.
type Changes struct {
	Document int // counted from 0
	Fields   []FieldChange
	Lists    []List
	Start    Fields // what a document begins with that has no content yet
	Before   Shape  // what stood in the places that are emptied
}

// FieldChange is what a field of the root was and what it becomes, as decoded JSON; nil means that it is not there.
type FieldChange struct {
	Key      string
	Old, New any
}

// List is a list of the root whose items have names.
type List struct {
	Key   string
	Name  func(item *yaml.Node) (string, bool)
	First bool   // of several items of one name the first is meant, and the others stay; else they are an error
	Items []Item // that change, the new ones in the order in which they are added
}

// Item is what an item was and what it becomes; nil means that it is not there. Fields that neither names stay.
type Item struct {
	Name     string
	Old, New any // Fields, or map[string]any
}

func (c Changes) list(key string) *List {
	for i := range c.Lists {
		if c.Lists[i].Key == key {
			return &c.Lists[i]
		}
	}
	return nil
}

func (c Changes) field(key string) (FieldChange, bool) {
	for _, f := range c.Fields {
		if f.Key == key {
			return f, true
		}
	}
	return FieldChange{}, false
}

func (l List) byName() map[string]Item {
	items := make(map[string]Item, len(l.Items))
	for _, item := range l.Items {
		items[item.Name] = item
	}
	return items
}

// added are the new items of a list in which those of present are already.
func (l List) added(present map[string]bool) []any {
	items := []any{}
	for _, item := range l.Items {
		if !present[item.Name] && item.New != nil {
			items = append(items, item.New)
		}
	}
	return items
}

// errBeyond is about a text whose edit would not be what was wanted.
var errBeyond = errors.New("the entry is written in a way, such as with anchors or merged keys, " +
	"that cannot be edited without changing others")

// ErrBeyond is the error about an edit whose result was checked and is not what was wanted: it changed more, or less.
func ErrBeyond() error { return errBeyond }

// Apply returns the text in which exactly the changes are made. All else that the file holds has been checked to be
// there still: fields that nobody knows, comments in them, anchors, other documents. Whether the changes came out as
// they were meant is for the caller to check, who knows how the file is read.
func (d *Document) Apply(c Changes) ([]byte, error) {
	root, limit := d.at(c.Document)
	p := &patch{text: d.text}
	if err := p.document(root, limit, c); err != nil {
		return nil, err
	}
	data, err := p.result()
	if err != nil {
		return nil, err
	}
	edited, err := Parse(data)
	if err != nil || !d.kept(edited, c) {
		return nil, errBeyond
	}
	return data, nil
}

// at is the root of a document, and where its content ends.
func (d *Document) at(index int) (root *yaml.Node, limit int) {
	if index >= len(d.roots) {
		return nil, len(d.data)
	}
	root = d.roots[index]
	if IsNull(root) && root.Value == "" { // the parser does not say well where nothing is
		from := 0
		if index > 0 {
			_, from = d.at(index - 1)
		}
		return root, d.text.emptyEnd(from)
	}
	return root, d.text.documentEnd(root.Line - 1)
}

// IsNull reports whether a node is null, or nothing at all.
func IsNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// kept reports whether everything that the changes do not name is in both files.
func (d *Document) kept(edited *Document, c Changes) bool {
	if len(d.roots) == 0 {
		return len(edited.roots) == 1
	}
	if c.Before.Content != nil && d.keptNothing(edited, c) {
		return true
	}
	if len(d.roots) != len(edited.roots) {
		return false
	}
	for i, root := range d.roots {
		if i == c.Document && !keptRoot(root, edited.roots[i], c) || i != c.Document &&
			!sameNode(root, edited.roots[i]) {
			return false
		}
	}
	return true
}

// keptNothing reports whether a document of the file had nothing but what the changes take away and what a new document
// begins with, is without content now, and the others are as they were.
func (d *Document) keptNothing(edited *Document, c Changes) bool {
	before, after := slices.Clone(d.roots), slices.Clone(edited.roots)
	root := before[c.Document]
	if root.Kind != yaml.MappingNode || flow(root) {
		return false
	}
	for i := 0; i < len(root.Content); i += 2 {
		if f := (span{key: root.Content[i], value: root.Content[i+1]}); !c.empties(f) && !c.starts(f) {
			return false
		}
	}
	before = slices.Delete(before, c.Document, c.Document+1)
	if len(after) > len(before) && IsNull(after[c.Document]) {
		after = slices.Delete(after, c.Document, c.Document+1)
	}
	return slices.EqualFunc(before, after, sameNode)
}

func keptRoot(old, new *yaml.Node, c Changes) bool {
	if old.Kind != yaml.MappingNode {
		return true
	}
	for i := 0; i < len(old.Content); i += 2 {
		key, before := old.Content[i].Value, old.Content[i+1]
		after := Get(new, key)
		if f, ok := c.field(key); ok {
			if after == nil && !isZero(f.New) || after != nil && !keptFields(before, after, f.Old, f.New) {
				return false
			}
			continue
		}
		l := c.list(key)
		if after == nil {
			if l != nil && Resolve(before).Kind == yaml.SequenceNode && l.takesAll(Resolve(before)) {
				continue
			}
			return false
		}
		if l != nil && len(l.Items) > 0 {
			if !keptItems(Resolve(before).Content, Resolve(after).Content, *l) {
				return false
			}
		} else if !sameNode(before, after) {
			return false
		}
	}
	return true
}

// keptItems compares two lists, whose order must be the same, too.
func keptItems(old, new []*yaml.Node, l List) bool {
	changes := l.byName()
	i := 0
	seen := map[string]bool{}
	for _, item := range old {
		name, _ := l.Name(item)
		change, changed := changes[name]
		if seen[name] {
			change, changed = Item{}, false
		}
		seen[name] = true
		if changed && change.New == nil {
			continue
		}
		for i < len(new) && l.adds(changes, new[i]) {
			i++
		}
		if i == len(new) {
			return false
		}
		if newName, _ := l.Name(new[i]); newName != name || !keptFields(item, new[i], change.Old, change.New) {
			return false
		}
		i++
	}
	return true
}

// adds reports whether an item of the new list was not in the old one.
func (l List) adds(changes map[string]Item, item *yaml.Node) bool {
	name, _ := l.Name(item)
	change, changed := changes[name]
	return changed && change.Old == nil && change.New != nil
}

func keptFields(old, new *yaml.Node, before, after any) bool {
	if reflect.DeepEqual(plain(before), plain(after)) {
		return sameNode(old, new)
	}
	b, a := object(before), object(after)
	if b == nil || a == nil || old.Kind != yaml.MappingNode {
		return true
	}
	for i := 0; i < len(old.Content); i += 2 {
		key := old.Content[i].Value
		_, was := b[key]
		if _, is := a[key]; was && !is {
			continue
		}
		value := Get(new, key)
		if value == nil || !keptFields(old.Content[i+1], value, b[key], a[key]) {
			return false
		}
	}
	return true
}

func sameNode(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || a.Style != b.Style || a.Tag != b.Tag || a.Value != b.Value || a.Anchor != b.Anchor ||
		len(a.Content) != len(b.Content) {
		return false
	}
	for i := range a.Content {
		if !sameNode(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}

// Nest returns the text in which the root of a document, a mapping, has become part of another: before and after are
// the lines around it, and its own are indented deeper by so many columns. Where it lies then and that it is the same
// there is for the caller to check.
func (d *Document) Nest(document int, before string, columns int, after string) ([]byte, error) {
	root, limit := d.at(document)
	if root == nil || root.Kind != yaml.MappingNode || root.Column != 1 {
		return nil, errBeyond
	}
	start := d.text.lines[root.Line-1]
	indent := bytes.Repeat([]byte(" "), columns)
	p := &patch{text: d.text, splices: []splice{{start: start, end: start, text: before}}}
	for line := range bytes.Lines(d.data[start:limit]) {
		if len(bytes.TrimSpace(line)) > 0 {
			p.splices = append(p.splices, splice{start: start, end: start, text: string(indent)})
		}
		start += len(line)
	}
	p.splices = append(p.splices, splice{start: limit, end: limit, text: after, ownLine: true})
	return p.result()
}
