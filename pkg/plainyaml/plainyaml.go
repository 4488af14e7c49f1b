// Package plainyaml reads YAML that may be anybody's, such as a value of a secret that others can write: only what JSON
// could say as well, and only little of it.
package plainyaml

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

const (
	// maxSize is the size of the largest text that is read. The files that are meant have 3 KiB.
	maxSize = 64 << 10
	// maxNodes and maxDepth bound what is in it.
	maxNodes = 1000
	maxDepth = 16
)

// What is wrong with a text. None of the errors quotes it.
var (
	errSize      = fmt.Errorf("it is larger than %d KiB", maxSize>>10)
	errMalformed = errors.New("it is not YAML")
	errDocuments = errors.New("it has more than one document")
	errBounds    = errors.New("its YAML has more or deeper parts than any file of its kind")
	errAliases   = errors.New("its YAML has anchors or aliases")
	errTags      = errors.New("its YAML has tags")
	errKeys      = errors.New("its YAML has keys that are not names")
	errTwice     = errors.New("its YAML has a field twice")
)

// Unmarshal reads one document into v by the json tags of v. It refuses what no such file needs and a hostile one
// uses: aliases, of which a few lines make gigabytes, tags, several documents, and a field twice, which two readers
// may take for two things.
func Unmarshal(data []byte, v any) error {
	if len(data) > maxSize {
		return errSize
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, more yaml.Node
	if err := decoder.Decode(&document); err != nil || len(document.Content) != 1 {
		return errMalformed
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return errDocuments
	}
	left := maxNodes
	value, err := plain(document.Content[0], maxDepth, &left)
	if err != nil {
		return err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return errMalformed // NaN and infinity
	}
	if err := json.Unmarshal(text, v); err != nil {
		if typed, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && typed.Field != "" {
			return fmt.Errorf("a value of its field %.80q is of another kind than it should be", typed.Field)
		}
		return errors.New("its values are of other kinds than they should be")
	}
	return nil
}

func plain(n *yaml.Node, depth int, left *int) (any, error) {
	*left--
	switch {
	case depth == 0 || *left < 0:
		return nil, errBounds
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return nil, errAliases
	case n.Style&yaml.TaggedStyle != 0:
		return nil, errTags
	}
	switch n.Kind {
	case yaml.MappingNode:
		return plainMap(n, depth, left)
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			value, err := plain(item, depth-1, left)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	}
	var value any
	if err := n.Decode(&value); err != nil {
		return nil, errMalformed
	}
	return value, nil
}

func plainMap(n *yaml.Node, depth int, left *int) (map[string]any, error) {
	m := map[string]any{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || key.Anchor != "" || key.Style&yaml.TaggedStyle != 0 || key.Value == "<<" {
			return nil, errKeys
		}
		for known := range m { // encoding/json does not tell upper from lower case
			if strings.EqualFold(known, key.Value) {
				return nil, errTwice
			}
		}
		value, err := plain(n.Content[i+1], depth-1, left)
		if err != nil {
			return nil, err
		}
		m[key.Value] = value
	}
	return m, nil
}
