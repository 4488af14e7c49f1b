package kuberc

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// file is a kuberc: its text, and the document of it that kubectl uses.
type file struct {
	text     *yamledit.Document
	document int
	root     *yaml.Node // nil if there is nothing but comments
}

// parse finds the document that kubectl uses: the first that is a Preference. The others may be of versions that
// another kubectl knows.
func parse(data []byte) (file, error) {
	if len(data) > maxSize {
		return file{}, errors.New("it has more than 1 MiB")
	}
	text, err := yamledit.Parse(data)
	if err != nil {
		return file{}, err
	}
	content := false
	for i, root := range text.Roots() {
		if root.ShortTag() == "!!null" {
			continue
		}
		content = true
		version, kindOf := scalar(root, "apiVersion"), scalar(root, "kind")
		switch {
		case version == apiVersion && kindOf == kind:
			return file{text, i, root}, nil
		case strings.HasPrefix(version, apiGroup) && kindOf == kind: // which has no policy, and which kubectl uses
			return file{}, errKind()
		}
	}
	if content {
		return file{}, errKind()
	}
	return file{text: text}, nil
}

func errKind() error {
	return fmt.Errorf("it has no %s of %s, the first version that can hold a policy", kind, apiVersion)
}

// scalar is the value of a key that is a scalar, or "".
func scalar(n *yaml.Node, key string) string {
	value := yamledit.Get(n, key)
	if value == nil {
		return ""
	}
	return yamledit.Resolve(value).Value
}

// Allow returns data with the policy Allowlist and these commands in the list, besides those that are there. All else
// stays as it is, to the byte. It returns data itself if nothing is missing.
func Allow(data []byte, field Field, commands []string) ([]byte, error) {
	f, err := parse(data)
	if err != nil {
		return nil, err
	}
	if f.root == nil {
		return begin(data, field, commands)
	}
	old, err := Read(data)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(slices.Clone(commands), func(c string) bool { return slices.Contains(old.Allowed, c) })
	edited := data
	if !old.Restricts() {
		edited, err = f.text.Apply(yamledit.Changes{Document: f.document, Fields: []yamledit.FieldChange{
			{Key: policyKey, Old: old.Policy, New: allowlist},
		}})
		if err != nil {
			return nil, err
		}
	}
	if edited, err = add(edited, field, missing); err != nil {
		return nil, err
	}
	if !intended(f.root, edited, field, missing) {
		return nil, yamledit.ErrBeyond()
	}
	return edited, nil
}

// begin writes the first content of a file.
func begin(data []byte, field Field, commands []string) ([]byte, error) {
	separator := ""
	if len(data) > 0 && !bytes.HasSuffix(data, []byte("\n")) {
		separator = "\n"
	}
	edited := slices.Concat(data, []byte(separator), New(field, commands))
	if p, err := Read(edited); err != nil || !p.Restricts() { // behind a null or an end of the document
		return nil, yamledit.ErrBeyond()
	}
	return edited, nil
}

// add appends commands to the allowlist.
func add(data []byte, field Field, commands []string) ([]byte, error) {
	f, err := parse(data)
	if err != nil || len(commands) == 0 {
		return data, err
	}
	list := yamledit.List{Key: allowlistKey, Name: commandOf}
	for _, c := range commands {
		list.Items = append(list.Items, yamledit.Item{Name: c, New: yamledit.Fields{{Key: string(field), Value: c}}})
	}
	return f.text.Apply(yamledit.Changes{Document: f.document, Lists: []yamledit.List{list}})
}

// commandOf is the command that an entry of the allowlist names.
func commandOf(item *yaml.Node) (string, bool) {
	for _, field := range []Field{Command, Name} {
		if command := scalar(yamledit.Resolve(item), string(field)); command != "" {
			return command, true
		}
	}
	return "", false
}

// intended reports whether edited is what root was, with the policy and the missing commands.
func intended(root *yaml.Node, edited []byte, field Field, missing []string) bool {
	f, err := parse(edited)
	var want, got map[string]any
	if err != nil || f.root == nil || root.Decode(&want) != nil || f.root.Decode(&got) != nil {
		return false
	}
	want[policyKey] = allowlist
	list, _ := want[allowlistKey].([]any)
	for _, c := range missing {
		list = append(list, map[string]any{string(field): c})
	}
	if len(missing) > 0 {
		want[allowlistKey] = list
	}
	return reflect.DeepEqual(want, got)
}
