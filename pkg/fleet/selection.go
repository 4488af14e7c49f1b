package fleet

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// selection is what the arguments of kubectl name; the rules and words are those of cli-runtime's Builder.
type selection struct {
	args          []string
	labels        string
	fields        string
	namespace     string // of --namespace; "" for the context's
	allNamespaces bool
	single        bool // of one type only, as for a watch
	everything    bool // a type alone means all of its objects
}

// target is one request: for a list, or with a name for one object.
type target struct {
	mapping   *meta.RESTMapping
	namespace string
	name      string
}

func (t target) namespaced() bool { return t.mapping.Scope.Name() == meta.RESTScopeNameNamespace }

// asked are targets, and whether a single object was meant.
type asked struct {
	targets []target
	one     bool
}

func (s *selection) in(m *Member) string {
	switch {
	case s.allNamespaces:
		return ""
	case s.namespace != "":
		return s.namespace
	}
	return m.Namespace
}

// resolve finds the targets on a server.
func (s *selection) resolve(r *resources, m *Member, warn func(string)) (asked, error) {
	args := separate(s.args)
	if tuples, combined, err := typeNames(args); combined || err != nil {
		if err != nil {
			return asked{}, err
		}
		if s.labels != "" || s.fields != "" {
			return asked{}, errors.New("selectors and the all flag cannot be used when passing resource/name arguments")
		}
		return s.tuples(r, m, tuples, warn)
	}
	if len(args) == 0 {
		return asked{}, errKubectl // which says how it is used
	}
	var words []string
	for _, word := range strings.Split(args[0], ",") {
		if members := r.category(word); len(members) > 0 {
			word = strings.Join(members, ",")
		}
		words = append(words, word)
	}
	types, names := unique(strings.Join(words, ",")), args[1:]
	selects := s.labels != "" || s.fields != "" || len(names) == 0 && s.everything
	if selects && len(names) > 0 {
		return asked{}, errors.New("name cannot be provided when a selector is specified")
	}
	if !selects && len(names) == 0 {
		if _, err := s.mappings(r, types, warn); err != nil {
			return asked{}, err
		}
		return asked{}, errors.New("resource(s) were provided, but no name was specified")
	}
	if !selects && len(types) > 1 {
		return asked{}, errors.New("you must specify only one resource")
	}
	mappings, err := s.mappings(r, types, warn)
	if err != nil {
		return asked{}, err
	}
	if !selects {
		return s.named(mappings[0], m, names)
	}
	var found asked
	for _, mapping := range mappings {
		t := target{mapping: mapping, namespace: s.in(m)}
		if !t.namespaced() {
			t.namespace = ""
		}
		found.targets = append(found.targets, t)
	}
	return found, nil
}

func (s *selection) mappings(r *resources, types []string, warn func(string)) ([]*meta.RESTMapping, error) {
	if len(types) > 1 && s.single {
		return nil, errors.New("you may only specify a single resource type")
	}
	var mappings []*meta.RESTMapping
	var seen []schema.GroupVersionKind
	for _, word := range types {
		mapping, err := r.mapping(word, warn)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(seen, mapping.GroupVersionKind) {
			seen = append(seen, mapping.GroupVersionKind)
			mappings = append(mappings, mapping)
		}
	}
	return mappings, nil
}

func (s *selection) named(mapping *meta.RESTMapping, m *Member, names []string) (asked, error) {
	found := asked{one: len(names) == 1}
	for _, name := range names {
		t := target{mapping: mapping, namespace: s.in(m), name: name}
		if !t.namespaced() {
			t.namespace = ""
		} else if t.namespace == "" {
			return asked{}, errors.New("a resource cannot be retrieved by name across all namespaces")
		}
		found.targets = append(found.targets, t)
	}
	return found, nil
}

// tuple is TYPE/NAME.
type tuple struct{ resource, name string }

func (s *selection) tuples(r *resources, m *Member, tuples []tuple, warn func(string)) (asked, error) {
	found := asked{one: len(tuples) == 1}
	mappings := map[string]*meta.RESTMapping{}
	var types []schema.GroupVersionResource
	for _, t := range tuples {
		if mappings[t.resource] != nil {
			continue
		}
		mapping, err := r.mapping(t.resource, warn)
		if err != nil {
			return asked{}, err
		}
		mappings[t.resource] = mapping
		if !slices.Contains(types, mapping.Resource) {
			types = append(types, mapping.Resource)
		}
	}
	if len(types) > 1 && s.single {
		return asked{}, errors.New("you may only specify a single resource type")
	}
	for _, t := range tuples {
		more, err := s.named(mappings[t.resource], m, []string{t.name})
		if err != nil {
			return asked{}, err
		}
		found.targets = append(found.targets, more.targets...)
	}
	return found, nil
}

// separate makes a/x b/x of a,b x.
func separate(args []string) []string {
	if len(args) < 2 {
		return args
	}
	types := unique(args[0])
	if len(types) < 2 {
		return args
	}
	var separated []string
	for _, resource := range types {
		for _, name := range args[1:] {
			separated = append(separated, resource+"/"+name)
		}
	}
	return separated
}

// unique are the words of a list with commas, each once.
func unique(list string) []string {
	var words []string
	for _, word := range strings.Split(list, ",") {
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return words
}

// typeNames reads arguments of the form TYPE/NAME, and reports whether they are.
func typeNames(args []string) (tuples []tuple, combined bool, err error) {
	slashes := 0
	for _, arg := range args {
		if strings.Contains(arg, "/") {
			slashes++
		}
	}
	if slashes == 0 {
		return nil, false, nil
	}
	if slashes != len(args) {
		return nil, true, errors.New("there is no need to specify a resource type as a separate argument when " +
			"passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of " +
			"'kubectl get resource resource/<resource_name>'")
	}
	for _, arg := range args {
		parts := strings.Split(arg, "/")
		if len(parts) != 2 {
			return nil, true, errors.New("arguments in resource/name form may not have more than one slash")
		}
		if parts[0] == "" || parts[1] == "" || len(unique(parts[0])) != 1 {
			return nil, true, fmt.Errorf("arguments in resource/name form must have a single resource and name")
		}
		tuples = append(tuples, tuple{parts[0], parts[1]})
	}
	return tuples, true, nil
}
