package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"

	"go.yaml.in/yaml/v4"
	sigsyaml "sigs.k8s.io/yaml"
)

// WriteJSON writes v as JSON that is fit for a terminal.
func WriteJSON(w io.Writer, v any, indent string) error {
	var data bytes.Buffer
	enc := json.NewEncoder(&data)
	enc.SetIndent("", indent)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(EscapeJSON(data.Bytes()))
	return err
}

// marshalYAML is what the printer of cli-runtime prints, which fails for text that YAML cannot hold unescaped, such as
// DEL: it has JSON read as YAML.
func marshalYAML(v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err == nil {
		data, err = sigsyaml.JSONToYAML(escape(data, func(r rune) string { return string(r) }))
	}
	return EscapeYAML(data), err
}

// EscapeYAML does to YAML what EscapeJSON does to JSON. What holds such characters has to be in double quotes, which
// alone know escapes (YAML 1.2.2 section 5.7).
func EscapeYAML(data []byte) []byte {
	if !bytes.ContainsFunc(data, hidden) {
		return data
	}
	var doc yaml.Node
	if yaml.Unmarshal(data, &doc) != nil {
		return data // not YAML that we wrote: the stream replaces them
	}
	quote(&doc)
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if enc.Encode(&doc) != nil || enc.Close() != nil {
		return data
	}
	return escape(out.Bytes(), func(r rune) string { return fmt.Sprintf(`\U%08x`, r) })
}

func quote(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && bytes.ContainsFunc([]byte(n.Value), hidden) {
		n.Style = yaml.DoubleQuotedStyle
	}
	for _, child := range n.Content {
		quote(child)
	}
}

// hidden reports what is escaped.
func hidden(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }

// EscapeJSON escapes in JSON what a terminal would obey or not show. encoding/json does so for the first 32 characters
// alone (RFC 8259 section 7 asks for no more), and neither for DEL and C1 nor for those that turn the direction of
// writing. Outside strings JSON has none of them.
func EscapeJSON(data []byte) []byte {
	return escape(data, func(r rune) string {
		high, low := utf16.EncodeRune(r)
		return fmt.Sprintf(`\u%04x\u%04x`, high, low)
	})
}

// escape replaces what is hidden; wide writes a rune of more than 16 bits.
func escape(data []byte, wide func(rune) string) []byte {
	var out bytes.Buffer
	for _, r := range string(data) {
		switch {
		case !hidden(r):
			out.WriteRune(r)
		case r > 0xffff:
			out.WriteString(wide(r))
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.Bytes()
}
