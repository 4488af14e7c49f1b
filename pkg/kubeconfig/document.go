package kubeconfig

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v4"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/audit"
	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// list is one of the three lists of a kubeconfig; inner is the key of an item's content, beside its name.
type list struct{ key, inner string }

func lists() []list {
	return []list{{"clusters", "cluster"}, {"contexts", "context"}, {"users", "user"}}
}

// document is the content of one kubeconfig file: its text, and what client-go understands of it.
type document struct {
	data    []byte
	model   *api.Config
	text    *yamledit.Document
	refused error          // why it can be read but not edited
	before  yamledit.Shape // what stood in the places that our entries fill
}

// parse reads a kubeconfig. Its errors never quote the file.
func parse(data []byte) (*document, error) {
	if len(data) > yamledit.MaxSize {
		return nil, yamledit.ErrTooBig
	}
	d := &document{data: data}
	d.refused = d.parse()
	var root *yaml.Node
	if d.text != nil {
		root = d.text.Root()
	}
	model, err := loadModel(data, root)
	if err != nil && d.refused != nil {
		return nil, d.refused // which knows better what is wrong
	} else if err != nil {
		return nil, err
	}
	d.model = model
	return d, nil
}

// parse finds the structure of the text, and refuses what could not be edited safely.
func (d *document) parse() (err error) {
	if d.text, err = yamledit.Parse(d.data); err != nil {
		return err
	}
	for i, root := range d.text.Roots() {
		if i > 0 && !yamledit.IsNull(root) {
			return errors.New("it has several YAML documents, of which kubectl reads only the first")
		}
	}
	if root := d.text.Root(); root != nil {
		return checkTree(root)
	}
	return nil
}

// checkTree refuses duplicates: client-go takes one of them, and which one depends on its version.
func checkTree(root *yaml.Node) error {
	if root.Kind != yaml.MappingNode {
		if yamledit.IsNull(root) {
			return nil
		}
		return errors.New("it is not a mapping")
	}
	if err := checkKeys(root); err != nil {
		return err
	}
	for _, l := range lists() {
		seen := map[string]bool{}
		for _, item := range items(root, l) {
			name, ok := itemName(item)
			if !ok {
				return fmt.Errorf("line %d: an item of %s has no name", item.Line, l.key)
			}
			if seen[name] && name != "" { // of which none is of use
				return fmt.Errorf("line %d: a second %s named %q", item.Line, l.inner, name)
			}
			seen[name] = true
		}
	}
	return nil
}

func checkKeys(n *yaml.Node) error {
	if n.Kind == yaml.MappingNode {
		seen := map[string]bool{}
		for i := 0; i < len(n.Content); i += 2 {
			key := yamledit.Resolve(n.Content[i])
			if key.Kind == yaml.ScalarNode && seen[key.Value] {
				return fmt.Errorf("line %d: the key %q is there twice", n.Content[i].Line, audit.Shown(key.Value))
			}
			seen[key.Value] = true
		}
	}
	for _, child := range n.Content {
		if err := checkKeys(child); err != nil {
			return err
		}
	}
	return nil
}

func items(root *yaml.Node, l list) []*yaml.Node {
	value := yamledit.Get(root, l.key)
	if value == nil {
		return nil
	}
	return yamledit.Resolve(value).Content
}

func itemName(item *yaml.Node) (string, bool) {
	item = yamledit.Resolve(item)
	name := yamledit.Get(item, "name")
	if name == nil && item.Kind == yaml.MappingNode {
		return "", true // as client-go reads it
	}
	if name == nil || yamledit.Resolve(name).Kind != yaml.ScalarNode {
		return "", false
	}
	return yamledit.Resolve(name).Value, true
}

// apply returns the text in which exactly the difference between the document and want is changed, and what stood in
// the places that are filled then. Want holds no LocationOfOrigin. The result has been checked to load as want, and to
// hold all else that the document holds.
func (d *document) apply(want *api.Config) ([]byte, yamledit.Shape, error) {
	changes, err := compare(d.model, want)
	if err != nil {
		return nil, d.before, err
	}
	if changes.none() {
		return d.data, d.before, nil
	}
	if d.refused != nil {
		return nil, d.before, d.refused
	}
	edit := changes.edit()
	shape := d.text.Shape(edit, d.before)
	if !d.before.Empty() {
		// Where what stood there cannot stand there now, the places are left as empty as any.
		edit.Before = d.before
		if data, err := d.edited(edit, want); err == nil {
			return data, shape, nil
		}
		edit.Before = yamledit.Shape{}
	}
	data, err := d.edited(edit, want)
	return data, shape, err
}

func (d *document) edited(edit yamledit.Changes, want *api.Config) ([]byte, error) {
	data, err := d.text.Apply(edit)
	if err != nil {
		return nil, err
	}
	edited, err := parse(data)
	if err != nil || edited.refused != nil || !semantic.DeepEqual(edited.model, want) {
		return nil, yamledit.ErrBeyond()
	}
	return data, nil
}
