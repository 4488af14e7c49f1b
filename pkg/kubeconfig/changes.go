package kubeconfig

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/tools/clientcmd/api/latest"
	v1 "k8s.io/client-go/tools/clientcmd/api/v1"

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// semantic compares configurations: nil and empty are the same, as they are in a file.
var semantic = conversion.EqualitiesOrDie(bytes.Equal)

// change is what an entry was and what it becomes, as JSON objects in the form of the file; nil means there is none.
type change struct{ old, new map[string]any }

// changes are the differences between two configurations: by list and name, and of current-context.
type changes struct {
	entries  map[list]map[string]change
	from, to string // current-context
}

func (c *changes) none() bool { return len(c.entries) == 0 && c.from == c.to }

// compare finds how old becomes new. It looks closely only at entries that differ.
func compare(old, new *api.Config) (*changes, error) {
	if !semantic.DeepEqual(old.Preferences, new.Preferences) || !semantic.DeepEqual(old.Extensions, new.Extensions) {
		return nil, errors.New("edit of preferences or extensions: only clusters, contexts, users and " +
			"current-context can be edited")
	}
	before, after := api.NewConfig(), api.NewConfig()
	differ(old.Clusters, new.Clusters, before.Clusters, after.Clusters)
	differ(old.Contexts, new.Contexts, before.Contexts, after.Contexts)
	differ(old.AuthInfos, new.AuthInfos, before.AuthInfos, after.AuthInfos)
	c := &changes{entries: map[list]map[string]change{}, from: old.CurrentContext, to: new.CurrentContext}
	for _, side := range []struct {
		config *api.Config
		set    func(*change, map[string]any)
	}{
		{before, func(c *change, object map[string]any) { c.old = object }},
		{after, func(c *change, object map[string]any) { c.new = object }},
	} {
		objects, err := toObjects(side.config)
		if err != nil {
			return nil, err
		}
		for l, named := range objects {
			if c.entries[l] == nil {
				c.entries[l] = map[string]change{}
			}
			for name, object := range named {
				entry := c.entries[l][name]
				side.set(&entry, object)
				c.entries[l][name] = entry
			}
		}
	}
	return c, nil
}

// differ puts the entries that are not the same in both into before and after.
func differ[T any](old, new, before, after map[string]*T) {
	for name, o := range old {
		if n := new[name]; !semantic.DeepEqual(o, n) {
			before[name] = o
			if n != nil {
				after[name] = n
			}
		}
	}
	for name, n := range new {
		if old[name] == nil && n != nil {
			after[name] = n
		}
	}
}

// toObjects turns the entries of config into JSON objects, as they stand in a file, without null values.
func toObjects(config *api.Config) (map[list]map[string]map[string]any, error) {
	var external v1.Config
	if err := latest.Scheme.Convert(config, &external, nil); err != nil {
		return nil, errors.New("edit holds an entry that cannot be written")
	}
	data, err := json.Marshal(external)
	if err != nil {
		return nil, errors.New("edit holds an entry that cannot be written")
	}
	var raw map[string]any
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, err
	}
	objects := map[list]map[string]map[string]any{}
	for _, l := range lists() {
		named, _ := raw[l.key].([]any)
		for _, item := range named {
			item := item.(map[string]any)
			if objects[l] == nil {
				objects[l] = map[string]map[string]any{}
			}
			objects[l][item["name"].(string)] = map[string]any{"name": item["name"], l.inner: dropNulls(item[l.inner])}
		}
	}
	return objects, nil
}

// dropNulls removes what client-go writes as null and reads as absent, such as the env of an exec user.
func dropNulls(value any) any {
	if object, ok := value.(map[string]any); ok {
		for key, v := range object {
			if v == nil {
				delete(object, key)
			} else {
				dropNulls(v)
			}
		}
	}
	return value
}

// edit is what the changes mean for the text of a file.
func (c *changes) edit() yamledit.Changes {
	e := yamledit.Changes{Start: yamledit.Fields{{Key: "apiVersion", Value: "v1"}}}
	for _, l := range lists() {
		named := yamledit.List{Key: l.key, Name: itemName}
		for _, name := range slices.Sorted(maps.Keys(c.entries[l])) {
			item := yamledit.Item{Name: name}
			if old := c.entries[l][name].old; old != nil {
				item.Old = old
			}
			if new := c.entries[l][name].new; new != nil {
				item.New = new
			}
			named.Items = append(named.Items, item)
		}
		e.Lists = append(e.Lists, named)
		if l.key == "contexts" { // in the order of the alphabet, as kubectl writes a file
			e.Start = append(e.Start, yamledit.Field{Key: l.key, Value: []any{}},
				yamledit.Field{Key: "current-context", Value: c.to}, yamledit.Field{Key: "kind", Value: "Config"})
		} else {
			e.Start = append(e.Start, yamledit.Field{Key: l.key, Value: []any{}})
		}
	}
	if c.from != c.to {
		e.Fields = []yamledit.FieldChange{{Key: "current-context", Old: c.from, New: c.to}}
	}
	return e
}
