package stsconfig

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

const (
	contextsKey = "contexts"
	currentKey  = "current-context"
)

// fileText is a configuration file as it was read.
type fileText struct {
	data     []byte
	document *yamledit.Document // in the form of today
	refused  error              // why it can be read but not edited
	list     []Named
	current  string
}

func (f *File) parse(data []byte) error {
	f.text = fileText{data: data}
	document, err := yamledit.Parse(data)
	if errors.Is(err, yamledit.ErrSyntax) {
		return err
	}
	f.text.document, f.text.refused = document, err
	root := &yaml.Node{}
	if err != nil { // it is YAML all the same
		var whole yaml.Node
		if err := yaml.Unmarshal(data, &whole); err != nil {
			return yamledit.SyntaxError(err)
		}
		if len(whole.Content) > 0 {
			root = whole.Content[0]
		}
	} else if document.Root() != nil {
		root = document.Root()
	}
	if root.Kind == 0 || root.ShortTag() == "!!null" {
		return nil
	}
	if root.Kind != yaml.MappingNode {
		return errors.New("it is not a mapping")
	}
	if len(root.Content) > 0 && yamledit.Get(root, contextsKey) == nil && yamledit.Get(root, currentKey) == nil {
		return f.parseOldForm(root)
	}
	m, odd, err := modelOf(root)
	if err != nil {
		return err
	}
	f.Odd = odd
	f.text.list, f.text.current = m.Contexts, m.Current
	f.list, f.Current = slices.Clone(m.Contexts), m.Current
	return nil
}

type model struct {
	Contexts []Named `yaml:"contexts"`
	Current  string  `yaml:"current-context"`
}

// modelOf reads the contexts that can be read, and says which cannot. Of several with one name the first counts, as for
// sts.
func modelOf(root *yaml.Node) (model, []Odd, error) {
	var lists struct {
		Contexts []yaml.Node `yaml:"contexts"`
		Current  string      `yaml:"current-context"`
	}
	if err := root.Decode(&lists); err != nil {
		return model{}, nil, errors.New("it has not the form of a configuration of sts")
	}
	m := model{Current: lists.Current}
	var odd []Odd
	for i := range lists.Contexts {
		item := yamledit.Resolve(&lists.Contexts[i])
		var n Named
		name, _ := nameOf(item)
		switch err := item.Decode(&n); {
		case err != nil || item.Kind != yaml.MappingNode:
			odd = append(odd, Odd{name, item.Line, "it has not the form of a context"})
		case slices.ContainsFunc(m.Contexts, func(other Named) bool { return other.Name == n.Name }):
			odd = append(odd, Odd{name, item.Line,
				"there is another of its name before it, which is the one that sts uses"})
		default:
			m.Contexts = append(m.Contexts, n)
		}
	}
	return m, odd, nil
}

// parseOldForm reads the members of one context, which lie at the top, as a list with one context.
func (f *File) parseOldForm(root *yaml.Node) error {
	var c Context
	if err := root.Decode(&c); err != nil {
		return errors.New("it has not the form of a configuration of sts")
	}
	f.list, f.Current = []Named{{DefaultContext, c}}, DefaultContext
	f.text.list, f.text.current = slices.Clone(f.list), f.Current
	if f.text.refused == nil {
		f.text.document, f.text.refused = nest(f.text.document, c)
	}
	return nil
}

// nest turns the text of the old form into that of a list.
func nest(old *yamledit.Document, c Context) (*yamledit.Document, error) {
	data, err := old.Nest(0, contextsKey+":\n- name: "+DefaultContext+"\n  context:\n", 4,
		currentKey+": "+DefaultContext+"\n")
	if err != nil {
		return nil, err
	}
	document, err := yamledit.Parse(data)
	if err != nil || document.Root() == nil {
		return nil, yamledit.ErrBeyond()
	}
	m, _, err := modelOf(document.Root())
	if err != nil || !same(m, model{[]Named{{DefaultContext, c}}, DefaultContext}) {
		return nil, yamledit.ErrBeyond()
	}
	return document, nil
}

// edited is the text of the file with what has changed since it was loaded.
func (f *File) edited() ([]byte, error) {
	if f.text.document == nil && f.text.refused == nil { // a File that was not loaded
		document, err := yamledit.Parse(nil)
		if err != nil {
			return nil, err
		}
		f.text.document = document
	}
	list := yamledit.List{Key: contextsKey, Name: nameOf, First: true, Items: f.changed()}
	changes := yamledit.Changes{Lists: []yamledit.List{list}}
	if f.Current != f.text.current {
		changes.Fields = []yamledit.FieldChange{{Key: currentKey, Old: f.text.current, New: f.Current}}
	}
	if len(list.Items) == 0 && len(changes.Fields) == 0 {
		if len(f.text.data) == 0 {
			return []byte(contextsKey + ": []\n"), nil
		}
		return f.text.data, nil
	}
	if f.text.refused != nil {
		return nil, f.text.refused
	}
	data, err := f.text.document.Apply(changes)
	if err != nil {
		return nil, err
	}
	check := File{}
	if err := check.parse(data); err != nil || !same(model{check.list, check.Current}, model{f.list, f.Current}) {
		return nil, yamledit.ErrBeyond()
	}
	return data, nil
}

// changed are the contexts that are not as they were loaded.
func (f *File) changed() []yamledit.Item {
	var items []yamledit.Item
	for _, was := range f.text.list {
		if is, ok := f.Get(was.Name); !ok {
			items = append(items, yamledit.Item{Name: was.Name, Old: fields(was)})
		} else if !reflect.DeepEqual(fieldsOf(was.Context), fieldsOf(is)) {
			items = append(items, yamledit.Item{Name: was.Name, Old: fields(was), New: fields(Named{was.Name, is})})
		}
	}
	for _, is := range f.list {
		if !slices.ContainsFunc(f.text.list, func(was Named) bool { return was.Name == is.Name }) {
			items = append(items, yamledit.Item{Name: is.Name, New: fields(is)})
		}
	}
	return items
}

func fields(n Named) yamledit.Fields {
	return yamledit.Fields{{Key: "name", Value: n.Name}, {Key: "context", Value: fieldsOf(n.Context)}}
}

// fieldsOf are the members of a context as they stand in a file; what is empty is not there.
func fieldsOf(c Context) yamledit.Fields {
	members := yamledit.Fields{}
	value := reflect.ValueOf(c)
	for i := range value.NumField() {
		key, _, _ := strings.Cut(value.Type().Field(i).Tag.Get("yaml"), ",")
		member := value.Field(i)
		if member.IsZero() || member.Kind() == reflect.Slice && member.Len() == 0 {
			continue
		}
		v := member.Interface()
		if list, ok := v.([]string); ok {
			items := []any{}
			for _, item := range list {
				items = append(items, item)
			}
			v = items
		}
		members = append(members, yamledit.Field{Key: key, Value: v})
	}
	return members
}

// same compares what two files say; an empty member is one that is not there.
func same(a, b model) bool {
	return a.Current == b.Current && slices.EqualFunc(a.Contexts, b.Contexts, func(x, y Named) bool {
		return x.Name == y.Name && reflect.DeepEqual(fieldsOf(x.Context), fieldsOf(y.Context))
	})
}

func nameOf(item *yaml.Node) (string, bool) {
	name := yamledit.Get(yamledit.Resolve(item), "name")
	if name == nil {
		return "", false
	}
	return yamledit.Resolve(name).Value, true
}
