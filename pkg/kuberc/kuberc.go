// Package kuberc edits the credential plugin policy in kubectl's preferences, a Preference of kubectl.config.k8s.io/v1beta1,
// and keeps all else in the file as it is.
package kuberc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Field is how an entry of the allowlist names a command: Name in kubectl 1.35, where the list is new, and Command since
// 1.36, which deprecates Name (https://github.com/kubernetes/kubernetes/pull/137272).
type Field string

// The fields of an entry.
const (
	Name    Field = "name"
	Command Field = "command"
)

// FieldFor returns the field that kubectl 1.<minor> wants, or an error if it has no allowlist.
func FieldFor(minor int) (Field, error) {
	switch {
	case minor < 35:
		return "", fmt.Errorf("kubectl 1.%d has no allowlist of credential plugins, which is new in 1.35", minor)
	case minor == 35:
		return Name, nil
	}
	return Command, nil
}

const (
	apiVersion   = "kubectl.config.k8s.io/v1beta1"
	kind         = "Preference"
	policyKey    = "credentialPluginPolicy"
	allowlistKey = "credentialPluginAllowlist"
	allowlist    = "Allowlist" // the policy
	maxSize      = 1 << 20
)

// Preference is what is read of a kuberc.
type Preference struct {
	Policy  string   // "" is AllowAll
	Allowed []string // commands of the allowlist
}

// New returns a kuberc that allows just these commands.
func New(field Field, commands []string) []byte {
	return []byte("apiVersion: " + apiVersion + "\nkind: " + kind + "\n" + policyKey + ": " + allowlist + "\n" + allowlistKey + ":\n" +
		strings.Join(entries("", field, commands), "\n") + "\n")
}

// entries are the lines of an allowlist.
func entries(indent string, field Field, commands []string) []string {
	var lines []string
	for _, c := range commands {
		quoted, err := yaml.Marshal(c)
		if err != nil {
			quoted = fmt.Appendf(nil, "%q", c)
		}
		lines = append(lines, indent+"- "+string(field)+": "+strings.TrimSpace(string(quoted)))
	}
	return lines
}

// Read returns the policy in data. An empty file has none.
func Read(data []byte) (Preference, error) {
	root, err := parse(data)
	if err != nil || root == nil {
		return Preference{}, err
	}
	p := Preference{}
	if policy := get(root, policyKey); policy != nil {
		p.Policy = policy.Value
	}
	if list := get(root, allowlistKey); list != nil {
		for _, item := range list.Content {
			for _, field := range []Field{Name, Command} {
				if value := get(item, string(field)); value != nil && !slices.Contains(p.Allowed, value.Value) {
					p.Allowed = append(p.Allowed, value.Value)
				}
			}
		}
	}
	return p, nil
}

// Restricts reports whether only the allowed commands may run.
func (p Preference) Restricts() bool { return p.Policy == allowlist }

// Allow returns data with the policy Allowlist and these commands in the list, besides those that are there. All other lines
// stay as they are. It returns data itself if nothing is missing.
func Allow(data []byte, field Field, commands []string) ([]byte, error) {
	root, err := parse(data)
	if err != nil {
		return nil, err
	}
	if root == nil {
		separator := ""
		if len(data) > 0 && !bytes.HasSuffix(data, []byte("\n")) {
			separator = "\n"
		}
		edited := slices.Concat(data, []byte(separator), New(field, commands))
		if p, err := Read(edited); err != nil || !p.Restricts() { // behind a null or an end of the document
			return nil, errForm()
		}
		return edited, nil
	}
	old, err := Read(data)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(slices.Clone(commands), func(c string) bool { return slices.Contains(old.Allowed, c) })
	if old.Restricts() && len(missing) == 0 {
		return data, nil
	}
	e := newEditor(data)
	if err := e.setPolicy(root); err != nil {
		return nil, err
	}
	if err := e.addEntries(root, field, missing); err != nil {
		return nil, err
	}
	edited := e.result()
	if !intended(root, edited, field, missing) {
		return nil, errForm()
	}
	return edited, nil
}

func errForm() error {
	return errors.New("it is written in a way that cannot be edited without changing the rest, such as in JSON or on one line")
}

// intended reports whether edited is what root was, with the policy and the missing commands.
func intended(root *yaml.Node, edited []byte, field Field, missing []string) bool {
	var want, got map[string]any
	if root.Decode(&want) != nil || yaml.Unmarshal(edited, &got) != nil {
		return false
	}
	want[policyKey] = allowlist
	list, _ := want[allowlistKey].([]any)
	for _, c := range missing {
		list = append(list, map[string]any{string(field): c})
	}
	want[allowlistKey] = list
	return reflect.DeepEqual(want, got)
}

// parse returns the one document of data, or nil if there is nothing but comments.
func parse(data []byte) (*yaml.Node, error) {
	if len(data) > maxSize {
		return nil, errors.New("it has more than 1 MiB")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, errors.New("not valid YAML")
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, errors.New("it has several YAML documents; kubectl takes the first one that it knows")
	}
	root := document.Content[0]
	if root.ShortTag() == "!!null" {
		return nil, nil
	}
	version, kindOf := get(root, "apiVersion"), get(root, "kind")
	if version == nil || kindOf == nil || version.Value != apiVersion || kindOf.Value != kind {
		return nil, fmt.Errorf("it is no %s of %s, the first version that can hold a policy", kind, apiVersion)
	}
	return root, nil
}

// get returns the value of a key of a mapping, or nil.
func get(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
