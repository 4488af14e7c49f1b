// Package yamledit reads and edits YAML without losing a byte of what it does not change.
package yamledit

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v4"
)

// MaxSize is the largest file that is read. Ten thousand clusters, each with a CA of its own, take half of it.
const MaxSize = 64 << 20

// Redacted stands for a secret in everything that is printed.
const Redacted = "REDACTED"

// ErrTooBig is the error about a file of more than MaxSize, ErrSyntax the one about what is not YAML.
var (
	ErrTooBig = fmt.Errorf("it has more than %d MiB", MaxSize>>20)
	ErrSyntax = errors.New("not valid YAML or JSON")
)

// SyntaxError keeps the position of a parser's error and drops its message, which may quote the file.
func SyntaxError(err error) error {
	var load *yaml.LoadError
	if errors.As(err, &load) && load.Mark.Line > 0 {
		return fmt.Errorf("line %d: %w", load.Mark.Line, ErrSyntax)
	}
	return ErrSyntax
}

// Resolve returns what an alias stands for, and every other node as it is.
func Resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// Get returns the value of a key, or nil. It does not look into merged mappings ("<<").
func Get(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i < len(n.Content); i += 2 {
		if Resolve(n.Content[i]).Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
