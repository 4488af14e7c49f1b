package kuberc

import (
	"bytes"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// editor changes a text line by line. Numbers of lines are the parser's, which begin at 1.
type editor struct {
	lines   []string // with their ends
	newline string
	replace map[int]string   // a line's new text, without its end
	after   map[int][]string // lines to insert behind a line, without their ends
}

func newEditor(data []byte) *editor {
	e := &editor{newline: "\n", replace: map[int]string{}, after: map[int][]string{}}
	if bytes.Contains(data, []byte("\r\n")) {
		e.newline = "\r\n"
	}
	e.lines = slices.Collect(strings.Lines(string(data)))
	return e
}

// setPolicy makes the policy Allowlist.
func (e *editor) setPolicy(root *yaml.Node) error {
	if root.Style&yaml.FlowStyle != 0 {
		return errForm()
	}
	return e.set(root, policyKey, allowlist)
}

// set replaces the value of a key that stands on the key's own line, or adds the key at the end.
func (e *editor) set(root *yaml.Node, key, value string) error {
	text := strings.TrimSuffix(key+": "+value, " ")
	for i := 0; i < len(root.Content); i += 2 {
		k, v := root.Content[i], root.Content[i+1]
		if k.Value != key {
			continue
		}
		line := strings.TrimRight(e.lines[k.Line-1], "\r\n")
		if v.ShortTag() != "!!null" && v.Line != k.Line || !strings.HasPrefix(line, key) || v.Anchor != "" {
			return errForm()
		}
		if comment := strings.Index(line, " #"); comment >= 0 {
			text += line[comment:]
		}
		e.replace[k.Line] = text
		return nil
	}
	e.after[len(e.lines)] = append(e.after[len(e.lines)], text)
	return nil
}

// addEntries adds commands to the allowlist, behind those that are there.
func (e *editor) addEntries(root *yaml.Node, field Field, commands []string) error {
	list := get(root, allowlistKey)
	switch {
	case len(commands) == 0:
		return nil
	case list == nil:
		end := len(e.lines)
		e.after[end] = append(e.after[end], append([]string{allowlistKey + ":"}, entries("", field, commands)...)...)
		return nil
	case len(list.Content) == 0:
		key := keyLine(root, allowlistKey)
		e.after[key] = append(e.after[key], entries("", field, commands)...)
		return e.set(root, allowlistKey, "")
	case list.Kind != yaml.SequenceNode || list.Style&yaml.FlowStyle != 0:
		return errForm()
	}
	last := list.Content[len(list.Content)-1]
	first := e.lines[last.Line-1]
	indent := first[:len(first)-len(strings.TrimLeft(first, " "))]
	if !strings.HasPrefix(first[len(indent):], "- ") {
		return errForm()
	}
	end := lastLine(last)
	e.after[end] = append(e.after[end], entries(indent, field, commands)...)
	return nil
}

func keyLine(root *yaml.Node, key string) int {
	for i := 0; i < len(root.Content); i += 2 {
		if root.Content[i].Value == key {
			return root.Content[i].Line
		}
	}
	return 0
}

// lastLine is the last line on which a part of n begins.
func lastLine(n *yaml.Node) int {
	line := n.Line
	for _, c := range n.Content {
		line = max(line, lastLine(c))
	}
	return line
}

func (e *editor) result() []byte {
	var b strings.Builder
	for i, line := range e.lines {
		text := strings.TrimRight(line, "\r\n")
		end := line[len(text):]
		if replaced, ok := e.replace[i+1]; ok {
			text = replaced
		}
		b.WriteString(text)
		if end == "" && len(e.after[i+1]) > 0 {
			end = e.newline
		}
		b.WriteString(end)
		for _, added := range e.after[i+1] {
			b.WriteString(added + e.newline)
		}
	}
	return []byte(b.String())
}
