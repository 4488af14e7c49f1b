package yamledit

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// text finds where in the bytes of a file the nodes of its parse tree lie. The parser says where a node starts; where
// it ends follows from its style and from what comes next.
type text struct {
	data  []byte
	lines []int  // offset of each line's first byte
	eol   string // "\n" or "\r\n", as in the first line

	// The parser counts characters, of which JSON may have millions in one line: so where each stride-th of a line
	// starts is found out once.
	marks []int // offsets, line after line
	first []int // for each line: the index of its first mark
}

// stride is how many characters of a line are between two marks.
const stride = 64

const bom = "\ufeff"

func newText(data []byte) (*text, error) {
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return nil, errors.New("it is not UTF-8 text")
	}
	t := &text{data: data, eol: "\n"}
	start := 0
	if bytes.HasPrefix(data, []byte(bom)) {
		start = len(bom) // the parser does not count it as a column
	}
	t.lines, t.first = append(t.lines, start), append(t.first, 0)
	column := 0
	for i := start; i < len(data); i++ {
		if utf8.RuneStart(data[i]) {
			if column > 0 && column%stride == 0 {
				t.marks = append(t.marks, i)
			}
			column++
		}
		switch {
		case data[i] == '\n':
			t.lines, t.first = append(t.lines, i+1), append(t.first, len(t.marks))
			column = 0
		case data[i] == '\r' && (i+1 == len(data) || data[i+1] != '\n'),
			// To a YAML 1.1 parser these break a line, to every editor they do not.
			bytes.HasPrefix(data[i:], []byte("\u0085")),
			bytes.HasPrefix(data[i:], []byte("\u2028")),
			bytes.HasPrefix(data[i:], []byte("\u2029")):
			return nil, fmt.Errorf("line %d has a line break that is neither LF nor CRLF", len(t.lines))
		}
	}
	if len(t.lines) > 1 && bytes.HasSuffix(data[:t.lines[1]], []byte("\r\n")) {
		t.eol = "\r\n"
	}
	return t, nil
}

// offset is where n starts, its anchor and tag included.
func (t *text) offset(n *yaml.Node) int {
	i, rest := t.near(n.Line-1, n.Column-1)
	for range rest {
		_, size := utf8.DecodeRune(t.data[i:])
		i += size
	}
	return i
}

// near is the last mark before a character, or the start of its line, and how many characters are between them.
func (t *text) near(line, column int) (offset, rest int) {
	marks := t.marks[t.first[line]:]
	if line+1 < len(t.first) {
		marks = t.marks[t.first[line]:t.first[line+1]]
	}
	passed := min(column/stride, len(marks))
	if passed == 0 {
		return t.lines[line], column
	}
	return marks[passed-1], column - passed*stride
}

// lineOf is the index of the line that holds the byte at offset.
func (t *text) lineOf(offset int) int {
	i, found := slices.BinarySearch(t.lines, offset)
	if !found {
		i--
	}
	return max(i, 0)
}

// line is the text of one line with its line break.
func (t *text) line(i int) []byte {
	if i+1 < len(t.lines) {
		return t.data[t.lines[i]:t.lines[i+1]]
	}
	return t.data[t.lines[i]:]
}

// documentEnd is where the content of the document that starts on the given line ends: at "..." or "---", or at the end
// of the file. Both marks end a document wherever they start a line, even inside of a quoted string.
func (t *text) documentEnd(line int) int {
	for i := line; i < len(t.lines); i++ {
		if l := t.line(i); bytes.HasPrefix(l, []byte("...")) || i > line && bytes.HasPrefix(l, []byte("---")) {
			return t.lines[i]
		}
	}
	return len(t.data)
}

// emptyEnd is where a document without content ends that starts at an offset, with its mark or without.
func (t *text) emptyEnd(from int) int {
	begun := false
	for i := t.lineOf(from); i < len(t.lines); i++ {
		l := t.line(i)
		start := bytes.HasPrefix(l, []byte("---"))
		if bytes.HasPrefix(l, []byte("...")) && (begun || t.lines[i] > from) || start && begun {
			return t.lines[i]
		}
		begun = begun || start
	}
	return len(t.data)
}

// check refuses the one thing that trim would take for a comment: a quoted string whose last line starts with "#".
func (t *text) check(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode && n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		end := t.quoteEnd(t.skipProperties(t.offset(n), n)) - 1
		if i := t.lineOf(end); i > n.Line-1 && bytes.HasPrefix(bytes.TrimLeft(t.line(i), " \t"), []byte("#")) {
			return fmt.Errorf("line %d: a line of a quoted string looks like a comment", i+1)
		}
	}
	for _, child := range n.Content {
		if err := t.check(child); err != nil {
			return err
		}
	}
	return nil
}

// span is a part of a mapping or sequence: a field with its key and value, or an item. Start is the key's first byte,
// or for an item of a block sequence the first byte of its line. In block style end is the start of a line, or the end
// of the file.
type span struct {
	key, value *yaml.Node
	start, end int
}

// spans returns the fields of a mapping or the items of a sequence, which ends before the offset limit.
func (t *text) spans(n *yaml.Node, limit int) ([]span, error) {
	var spans []span
	step := 1
	if n.Kind == yaml.MappingNode {
		step = 2
	}
	for i := 0; i < len(n.Content); i += step {
		s := span{value: n.Content[i+step-1]}
		s.start = t.offset(n.Content[i])
		if step == 2 {
			s.key = n.Content[i]
			if s.key.Kind != yaml.ScalarNode {
				return nil, fmt.Errorf("line %d: a key is not a plain string", s.key.Line)
			}
		}
		spans = append(spans, s)
	}
	if flow(n) {
		for i := range spans {
			spans[i].end = t.flowEnd(spans[i])
		}
		return spans, nil
	}
	columns := make([]int, len(spans))
	for i := range spans {
		if n.Kind == yaml.MappingNode {
			columns[i] = spans[i].key.Column - 1
			continue
		}
		line, column, ok := t.dash(spans[i].value)
		if !ok {
			return nil, fmt.Errorf("line %d: no dash before the item", spans[i].value.Line)
		}
		spans[i].start, columns[i] = t.lines[line], column
	}
	for i := range spans {
		next := limit
		if i+1 < len(spans) {
			next = t.lines[t.lineOf(spans[i+1].start)]
		}
		spans[i].end = t.trim(spans[i].start, next, columns[i])
		for range keptLines(spans[i].value) {
			if spans[i].end < next {
				spans[i].end += len(t.line(t.lineOf(spans[i].end)))
			}
		}
	}
	return spans, nil
}

func flow(n *yaml.Node) bool { return n.Style&yaml.FlowStyle != 0 }

// dash finds the "-" that starts an item of a block sequence: on the item's line, or above it if only comments are
// between.
func (t *text) dash(item *yaml.Node) (line, column int, ok bool) {
	start := t.offset(item)
	for line = item.Line - 1; line >= 0; line-- {
		l := t.line(line)
		column = len(l) - len(bytes.TrimLeft(l, " "))
		if rest := l[column:]; len(rest) > 0 && rest[0] == '-' && t.lines[line]+column < start &&
			(len(rest) == 1 || strings.IndexByte(" \t\r\n", rest[1]) >= 0) {
			return line, column, true
		}
	}
	return 0, 0, false
}

// trim returns the end of what starts at start in the given column and ends before limit, without the blank lines and
// the comments after it. A comment that is indented deeper than column belongs to it.
func (t *text) trim(start, limit, column int) int {
	end := limit
	for end > start {
		i := t.lineOf(end - 1)
		l := t.line(i)
		content := bytes.TrimLeft(l, " \t")
		blank := len(bytes.TrimSpace(content)) == 0
		comment := len(content) > 0 && content[0] == '#' && len(l)-len(content) <= column
		if t.lines[i] <= start || !blank && !comment {
			break
		}
		end = t.lines[i]
	}
	return end
}

// keptLines is how many blank lines after a node are part of the text that it ends in: in a block scalar with "+" (YAML
// 1.2.2 section 8.1.1.2).
func keptLines(n *yaml.Node) int {
	for len(n.Content) > 0 {
		n = n.Content[len(n.Content)-1]
	}
	if n.Kind != yaml.ScalarNode || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		return 0
	}
	lines := len(n.Value) - len(strings.TrimRight(n.Value, "\n"))
	if lines < len(n.Value) { // one ends the last line that is not blank
		lines--
	}
	return max(lines, 0)
}

// flowEnd is the end of a field or item of a flow collection, without the comma.
func (t *text) flowEnd(s span) int {
	i := t.offset(s.value)
	if s.key != nil && i <= s.start { // {key}
		return t.plainEnd(s.start, true)
	}
	return t.nodeEnd(i, s.value, true)
}

// nodeEnd is the end of a node that starts at i and is not in block style.
func (t *text) nodeEnd(i int, n *yaml.Node, inFlow bool) int {
	i = t.skipProperties(i, n)
	switch {
	case n.Kind == yaml.AliasNode:
		for i < len(t.data) && strings.IndexByte(" \t\r\n,[]{}", t.data[i]) < 0 {
			i++
		}
		return i
	case n.Kind != yaml.ScalarNode:
		return t.bracketEnd(i)
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return t.quoteEnd(i)
	}
	return t.plainEnd(i, inFlow)
}

// skipProperties moves from an anchor or a tag to the node itself.
func (t *text) skipProperties(i int, n *yaml.Node) int {
	if n.Kind == yaml.AliasNode {
		return i
	}
	for i < len(t.data) && (t.data[i] == '&' || t.data[i] == '!') {
		for i < len(t.data) && strings.IndexByte(" \t\r\n", t.data[i]) < 0 {
			i++
		}
		for i < len(t.data) && strings.IndexByte(" \t\r\n", t.data[i]) >= 0 {
			i++
		}
	}
	return i
}

// quoteEnd is the offset after the string whose opening quote is at i.
func (t *text) quoteEnd(i int) int {
	quote := t.data[i]
	for i++; i < len(t.data); i++ {
		switch {
		case t.data[i] == '\\' && quote == '"':
			i++
		case t.data[i] == quote && quote == '\'' && i+1 < len(t.data) && t.data[i+1] == quote:
			i++
		case t.data[i] == quote:
			return i + 1
		}
	}
	return len(t.data)
}

// bracketEnd is the offset after the flow collection whose opening bracket is at i.
func (t *text) bracketEnd(i int) int {
	depth := 0
	for i < len(t.data) {
		// A quote or # in the middle of a word is part of the word.
		atStart := i == 0 || strings.IndexByte(" \t\r\n,:[]{}", t.data[i-1]) >= 0
		switch c := t.data[i]; {
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case (c == '"' || c == '\'') && atStart:
			i = t.quoteEnd(i)
			continue
		case c == '#' && atStart:
			for i < len(t.data) && t.data[i] != '\n' {
				i++
			}
			continue
		}
		i++
	}
	return i
}

// plainEnd is the end of an unquoted scalar. In block style it is taken to end on its line.
func (t *text) plainEnd(start int, inFlow bool) int {
	i := start
	for ; i < len(t.data); i++ {
		c := t.data[i]
		if !inFlow && (c == '\n' || c == '\r') || inFlow && strings.IndexByte(",[]{}", c) >= 0 {
			break
		}
		if c == '#' && i > 0 && strings.IndexByte(" \t\n", t.data[i-1]) >= 0 {
			break
		}
		if c == ':' && inFlow && (i+1 == len(t.data) || strings.IndexByte(" \t\r\n,[]{}", t.data[i+1]) >= 0) {
			break
		}
	}
	return start + len(bytes.TrimRight(t.data[start:i], " \t\r\n"))
}

// colonEnd is the offset after the colon of a field, or where it would be.
func (t *text) colonEnd(s span) int {
	i := t.skipProperties(s.start, s.key)
	if s.key.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		i = t.quoteEnd(i)
	} else {
		i += len(s.key.Value)
	}
	return i + bytes.IndexByte(t.data[i:], ':') + 1
}

// valueEnd is the end of a field's value that is not in block style, if that is known.
func (t *text) valueEnd(s span, inFlow bool) (end int, ok bool) {
	if inFlow {
		return s.end, true
	}
	return t.inlineEnd(s)
}

// inlineEnd is the end of a block mapping's value, if nothing but comments follow it in its field.
func (t *text) inlineEnd(s span) (end int, ok bool) {
	n := s.value
	block := n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 ||
		(n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode) && !flow(n)
	if block || n.Kind != yaml.AliasNode && n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		return 0, false
	}
	end = t.nodeEnd(t.offset(n), n, false)
	if end > s.end {
		return 0, false
	}
	for line := range bytes.Lines(t.data[end:s.end]) {
		if rest := bytes.TrimSpace(line); len(rest) > 0 && rest[0] != '#' {
			return 0, false
		}
	}
	return end, true
}

// endsLine reports whether the file ends with a line break.
func (t *text) endsLine() bool { return bytes.HasSuffix(t.data, []byte("\n")) }

// endsInBlock reports whether s ends the file inside of a block scalar ("|" or ">") that has no line break at its end.
func (t *text) endsInBlock(s span) bool {
	if s.end != len(t.data) || t.endsLine() {
		return false
	}
	n := s.value
	for len(n.Content) > 0 {
		n = n.Content[len(n.Content)-1]
	}
	return n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
}
