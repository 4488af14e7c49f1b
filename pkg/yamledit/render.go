package yamledit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	sigsyaml "sigs.k8s.io/yaml"
)

// texts are the new pieces of a collection, in both styles.
type texts struct {
	block func(column int) string
	flow  func(prefix, indent string) []string
	empty bool
}

func fieldTexts(fields Fields) texts {
	return texts{
		block: func(column int) string { return blockYAML(fields, column) },
		flow: func(prefix, indent string) (pieces []string) {
			for _, f := range fields {
				pieces = append(pieces, flowJSON(f.Key, "", "")+": "+flowJSON(f.Value, prefix, indent))
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

func scalar(value any) bool {
	switch value.(type) {
	case Fields, map[string]any, []any:
		return false
	}
	return true
}

// blockYAML is value in block style, each line indented to column.
func blockYAML(value any, column int) string {
	indent := strings.Repeat(" ", column)
	var out strings.Builder
	switch value := value.(type) {
	case Fields:
		for _, f := range value {
			if nested := object(f.Value); len(nested) == 0 && !isItems(f.Value) {
				out.WriteString(sigsYAML(map[string]any{f.Key: f.Value}, indent))
				continue
			}
			step := 2
			if isItems(f.Value) {
				step = 0
			}
			key := strings.TrimSuffix(sigsYAML(map[string]any{f.Key: nil}, indent), " null\n")
			out.WriteString(key + "\n" + blockYAML(f.Value, column+step))
		}
	case map[string]any:
		return sigsYAML(value, indent)
	case []any:
		if len(value) == 0 {
			return sigsYAML(value, indent)
		}
		for _, item := range value {
			out.WriteString(indent + "- " + strings.TrimLeft(blockYAML(item, column+2), " "))
		}
	default:
		return sigsYAML(value, indent)
	}
	return out.String()
}

// isItems reports whether value is a list with something in it.
func isItems(value any) bool {
	items, ok := value.([]any)
	return ok && len(items) > 0
}

// sigsYAML is value as kubectl writes it.
func sigsYAML(value any, indent string) string {
	var out strings.Builder
	// Which kubectl's encoder does not always bring through.
	if text := flowJSON(value, "", ""); strings.Contains(text, `\u`) {
		if _, ok := value.(map[string]any); !ok {
			return indent + text + "\n"
		}
		for _, f := range ordered(value) {
			fmt.Fprintf(&out, "%s%s: %s\n", indent, flowJSON(f.Key, "", ""), flowJSON(f.Value, "", ""))
		}
		return out.String()
	}
	data, err := sigsyaml.Marshal(value)
	if err != nil {
		return "" // not possible for decoded JSON; the check of the result would refuse it
	}
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
	return escape(strings.TrimSuffix(out.String(), "\n"))
}

// odd is for what a YAML parser refuses or takes for something else, such as U+2028 for a line break.
func odd(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }

// escape writes what is odd in the way of JSON, which is a part of YAML.
func escape(text string) string {
	var out strings.Builder
	for _, r := range text {
		if odd(r) && r <= 0xffff { // beyond that JSON writes two surrogates, of which YAML knows nothing
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// Field is a key of a mapping with its value: decoded JSON, or Fields where the order counts.
type Field struct {
	Key   string
	Value any
}

// Fields is a mapping whose order is kept when it is written. A map[string]any is written in the order of its keys.
type Fields []Field

// MarshalJSON writes the fields in their order.
func (f Fields) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, field := range f {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString(flowJSON(field.Key, "", "") + ":" + flowJSON(field.Value, "", ""))
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// ordered are the fields of an object, in its order or that of its keys.
func ordered(value any) Fields {
	if fields, ok := value.(Fields); ok {
		return fields
	}
	var fields Fields
	object, _ := value.(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(object)) {
		fields = append(fields, Field{key, object[key]})
	}
	return fields
}

// object is a mapping by its keys; nil if value is not a mapping.
func object(value any) map[string]any {
	switch value := value.(type) {
	case map[string]any:
		return value
	case Fields:
		object := map[string]any{}
		for _, f := range value {
			object[f.Key] = f.Value
		}
		return object
	}
	return nil
}

// plain is value with maps in place of Fields, to be compared.
func plain(value any) any {
	switch value := value.(type) {
	case Fields, map[string]any:
		plainly := map[string]any{}
		for key, v := range object(value) {
			plainly[key] = plain(v)
		}
		return plainly
	case []any:
		plainly := make([]any, len(value))
		for i, v := range value {
			plainly[i] = plain(v)
		}
		return plainly
	}
	return value
}
