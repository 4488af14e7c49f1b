package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// maxDepth is how deep objects of JSON may be nested.
const maxDepth = 1000

var errNotJSON = errors.New("it is not JSON")

// readJSON reads a file that is JSON as the YAML parser would, in a third of its memory: that one keeps all of a flow
// collection's tokens until it ends.
func readJSON(data []byte) (*yaml.Node, error) {
	if begin := bytes.TrimLeft(data, " \t\r\n"); len(begin) == 0 || begin[0] != '{' || !utf8.Valid(data) {
		return nil, errNotJSON
	}
	r := &jsonReader{data: data, decoder: json.NewDecoder(bytes.NewReader(data)), line: 1}
	r.decoder.UseNumber()
	root, err := r.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errNotJSON
	}
	return root, nil
}

type jsonReader struct {
	data    []byte
	decoder *json.Decoder
	at      int // so far the lines are counted
	line    int
}

// next is the next token, as a node if it is a scalar.
func (r *jsonReader) next() (json.Token, *yaml.Node, error) {
	token, err := r.decoder.Token()
	if err != nil {
		return nil, nil, err
	}
	end := int(r.decoder.InputOffset())
	r.line += bytes.Count(r.data[r.at:end], []byte("\n"))
	r.at = end
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: r.line}
	switch token := token.(type) {
	case string:
		n.Value, n.Tag, n.Style = token, "!!str", yaml.DoubleQuotedStyle
	case json.Number:
		n.Value, n.Tag = token.String(), "!!float"
	case bool:
		n.Value, n.Tag = map[bool]string{true: "true", false: "false"}[token], "!!bool"
	case nil:
		n.Value, n.Tag = "null", "!!null"
	case json.Delim:
		n.Kind, n.Style = yaml.MappingNode, yaml.FlowStyle
		if token == '[' {
			n.Kind = yaml.SequenceNode
		}
	}
	return token, n, nil
}

func (r *jsonReader) value(depth int) (*yaml.Node, error) {
	token, n, err := r.next()
	if err != nil {
		return nil, err
	}
	if _, collection := token.(json.Delim); !collection {
		return n, nil
	}
	if depth > maxDepth {
		return nil, errNotJSON
	}
	for r.decoder.More() {
		child, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, child)
	}
	_, _, err = r.next() // the closing bracket
	return n, err
}
