package stsconfig

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// contextKeys are the keys of a context that are known here.
func contextKeys() []string {
	var keys []string
	for f := range reflect.TypeFor[Context]().Fields() {
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		keys = append(keys, key)
	}
	return keys
}

func text(s string) *yaml.Node {
	node := &yaml.Node{}
	node.SetString(s)
	return node
}

// mapping is a node of keys and nodes in turn.
func mapping(pairs ...any) *yaml.Node {
	node := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for pair := range slices.Chunk(pairs, 2) {
		node.Content = append(node.Content, text(pair[0].(string)), pair[1].(*yaml.Node))
	}
	return node
}

// find returns the place of key's value among m's nodes, or -1.
func find(m *yaml.Node, key string) int {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return i + 1
		}
	}
	return -1
}

func lookup(m *yaml.Node, key string) *yaml.Node {
	if i := find(m, key); i >= 0 {
		return m.Content[i]
	}
	return nil
}

// put sets key in a mapping. A comment behind the old value stays.
func put(m *yaml.Node, key string, value *yaml.Node) {
	i := find(m, key)
	if i < 0 {
		m.Style &^= yaml.FlowStyle
		m.Content = append(m.Content, text(key), value)
		return
	}
	if old := m.Content[i]; old.Kind == yaml.ScalarNode && value.Kind == yaml.ScalarNode && old.Value == value.Value {
		return
	}
	value.LineComment = m.Content[i].LineComment
	m.Content[i] = value
}

func remove(m *yaml.Node, key string) {
	if i := find(m, key); i >= 0 {
		m.Content = slices.Delete(m.Content, i-1, i+1)
	}
}
