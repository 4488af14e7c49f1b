package kubeconfig

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	v1 "k8s.io/client-go/tools/clientcmd/api/v1"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/kubectl-edge/kubectl-edge/pkg/audit"
	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// loadModel reads data with client-go. Its errors quote whole users, and know no lines: so where it fails, the text is
// held against client-go's types once more, for a line and the name of a field and no value. Root may be nil.
func loadModel(data []byte, root *yaml.Node) (*api.Config, error) {
	model, err := clientcmd.Load(data)
	if err == nil {
		return model, nil
	}
	if root != nil {
		if found := unloadable(root); found != nil {
			return nil, found
		}
	}
	// What is left is about the YAML itself: client-go's parser is an older one than ours.
	if m := regexp.MustCompile(`\bline (\d+): `).FindStringSubmatch(err.Error()); m != nil {
		return nil, fmt.Errorf("line %s: client-go cannot load it", m[1])
	}
	if last := lastAlias(root); last != nil && strings.Contains(err.Error(), "aliasing") {
		return nil, fmt.Errorf("line %d: it has more aliases than client-go loads", last.Line)
	}
	return nil, fmt.Errorf("line %d: client-go cannot load it", firstLine(data))
}

// firstLine is the number of the first line that is neither empty nor a comment: client-go's parser knows no line of
// what says nothing, such as a file with only the mark of a document's end.
func firstLine(data []byte) int {
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if bare := bytes.TrimSpace(line); len(bare) > 0 && bare[0] != '#' {
			return number
		}
	}
	return 1
}

// lastAlias is the last alias below n, or nil.
func lastAlias(n *yaml.Node) (last *yaml.Node) {
	if n == nil || n.Kind == yaml.AliasNode {
		return n
	}
	for _, child := range n.Content {
		if found := lastAlias(child); found != nil {
			last = found
		}
	}
	return last
}

// checkCircles returns an error about the first alias that stands for what it is part of.
func checkCircles(n *yaml.Node, within map[*yaml.Node]bool) error {
	if n.Kind == yaml.AliasNode {
		if within[n.Alias] {
			return fmt.Errorf("line %d: an alias stands for what it is part of", n.Line)
		}
		return nil
	}
	within[n] = true
	defer delete(within, n)
	for _, child := range n.Content {
		if err := checkCircles(child, within); err != nil {
			return err
		}
	}
	return nil
}

// unloadable says what keeps client-go from loading a file, or returns nil if that is not to be seen.
func unloadable(root *yaml.Node) error {
	for _, field := range [][2]string{{"apiVersion", "v1"}, {"kind", "Config"}} {
		value := yamledit.Get(root, field[0])
		if value != nil && !yamledit.IsNull(value) && yamledit.Resolve(value).Value != field[1] {
			return fmt.Errorf("line %d: %s is not %s", value.Line, field[0], field[1])
		}
	}
	if err := checkCircles(root, map[*yaml.Node]bool{}); err != nil {
		return err
	}
	return mistyped(root, reflect.TypeFor[v1.Config](), nil, 0)
}

// maxSteps is how deep fields of client-go's types lie at most, aliases included.
const maxSteps = 20

// mistyped returns an error about the first node that does not have the form that a field of this type wants.
func mistyped(n *yaml.Node, want reflect.Type, path []string, steps int) error {
	at := n.Line // of an alias, where it stands, and not what it names
	n = yamledit.Resolve(n)
	wrong := func(kind string) error {
		if len(path) == 0 {
			return fmt.Errorf("line %d: it is not a %s", at, kind)
		}
		return fmt.Errorf("line %d: field %s is not %s", at, strings.Join(path, "."), kind)
	}
	switch {
	case want.Kind() == reflect.Pointer:
		want = want.Elem()
	case want == reflect.TypeFor[runtime.RawExtension]() || steps > maxSteps:
		return nil
	}
	if yamledit.IsNull(n) {
		return nil
	}
	switch want.Kind() {
	case reflect.String:
		if n.Kind != yaml.ScalarNode || jsonOf(n) != '"' {
			return wrong("a string")
		}
	case reflect.Bool:
		if n.Kind != yaml.ScalarNode || jsonOf(n) != 't' && jsonOf(n) != 'f' {
			return wrong("true or false")
		}
	case reflect.Slice:
		if want.Elem().Kind() == reflect.Uint8 {
			if n.Kind != yaml.ScalarNode || jsonOf(n) != '"' {
				return wrong("a string")
			}
			if !isBase64(n) {
				return wrong("valid base64")
			}
			return nil
		}
		if n.Kind != yaml.SequenceNode {
			return wrong("a list")
		}
		for _, item := range n.Content {
			if err := mistyped(item, want.Elem(), path, steps+1); err != nil {
				return err
			}
		}
	case reflect.Map, reflect.Struct:
		if n.Kind != yaml.MappingNode {
			return wrong("a mapping")
		}
		return mistypedFields(n, want, path, steps)
	}
	return nil
}

func mistypedFields(n *yaml.Node, want reflect.Type, path []string, steps int) error {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := yamledit.Resolve(n.Content[i]), n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: a key is not a word", n.Content[i].Line)
		}
		if key.Value == "<<" {
			if err := mistypedMerge(value, want, path, steps); err != nil {
				return err
			}
			continue
		}
		below := append(path[:len(path):len(path)], audit.Shown(key.Value))
		if want.Kind() == reflect.Map {
			if err := mistyped(value, want.Elem(), below, steps+1); err != nil {
				return err
			}
			continue
		}
		for f := range want.NumField() {
			name, _, _ := strings.Cut(want.Field(f).Tag.Get("json"), ",")
			if name != key.Value {
				continue
			}
			if err := mistyped(value, want.Field(f).Type, below, steps+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// mistypedMerge looks into a merged mapping, or a list of them.
func mistypedMerge(n *yaml.Node, want reflect.Type, path []string, steps int) error {
	n = yamledit.Resolve(n)
	if n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			if err := mistypedMerge(item, want, path, steps+1); err != nil || steps > maxSteps {
				return err
			}
		}
		return nil
	}
	return mistyped(n, want, path, steps+1)
}

// jsonOf is the first letter of what client-go makes of a scalar, in JSON. Its parser follows YAML 1.1, in which "yes"
// is a boolean; so it is asked.
func jsonOf(n *yaml.Node) byte {
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return '"'
	}
	switch n.ShortTag() {
	case "!!binary":
		return '"'
	case "!!str":
		if n.Style&yaml.TaggedStyle != 0 {
			return '"'
		}
	}
	data, err := sigsyaml.YAMLToJSON([]byte(n.Value))
	if err != nil || len(data) == 0 {
		return '"'
	}
	return data[0]
}

// isBase64 reports whether client-go can decode a scalar, which passes over line breaks in it and nothing else.
func isBase64(n *yaml.Node) bool {
	value := n.Value
	if n.ShortTag() == "!!binary" {
		var decoded string
		if n.Decode(&decoded) != nil {
			return false
		}
		value = decoded
	}
	_, err := base64.StdEncoding.DecodeString(value)
	return err == nil
}
