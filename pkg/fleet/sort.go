package fleet

import (
	"fmt"
	"reflect"
	"regexp"
	"sort"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/jsonpath"
)

// relaxed is what kubectl takes for a path.
var relaxed = regexp.MustCompile(`^\{\.?([^{}]+)\}$|^\.?([^{}]+)$`)

// relaxedPath makes {.a.b} of a.b, .a.b and {a.b}, as kubectl's RelaxedJSONPathExpression does.
func relaxedPath(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	found := relaxed.FindStringSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' " +
			"or '{.name1.name2}'")
	}
	if found[1] != "" {
		return "{." + found[1] + "}", nil
	}
	return "{." + found[2] + "}", nil
}

// sorter sorts as kubectl --sort-by does: by its order of values, and with its way of sorting, so that equals come in
// the same order.
type sorter struct {
	values []reflect.Value // the zero Value where an object has none
	swap   func(i, j int)
	err    error
}

func (s *sorter) Len() int { return len(s.values) }

func (s *sorter) Swap(i, j int) {
	s.values[i], s.values[j] = s.values[j], s.values[i]
	s.swap(i, j)
}

func (s *sorter) Less(i, j int) bool {
	less, err := lessValue(s.values[i], s.values[j])
	if err != nil && s.err == nil {
		s.err = err
	}
	return less
}

func lessValue(a, b reflect.Value) (bool, error) {
	switch {
	case !a.IsValid():
		return true, nil
	case !b.IsValid():
		return false, nil
	}
	return isLess(a, b)
}

// sortBy sorts what objects describe.
func sortBy(path string, objects []map[string]any, swap func(i, j int)) error {
	values, err := sortValues(path, objects)
	if err != nil {
		return err
	}
	s := &sorter{values: values, swap: swap}
	sort.Sort(s)
	if s.err != nil {
		return errKubectl // which says what cannot be sorted, and where in its source
	}
	return nil
}

// sortValues are the values that objects are sorted by.
func sortValues(path string, objects []map[string]any) ([]reflect.Value, error) {
	field, err := relaxedPath(path)
	if err != nil {
		return nil, errKubectl // which words it differently for tables and for objects
	}
	parser := jsonpath.New("sorting").AllowMissingKeys(true)
	if err := parser.Parse(field); err != nil {
		return nil, errKubectl
	}
	values, found := make([]reflect.Value, len(objects)), false
	for i, object := range objects {
		results, err := parser.FindResults(object)
		if err != nil {
			return nil, err
		}
		if len(results) > 0 && len(results[0]) > 0 {
			values[i], found = results[0][0], true
		}
	}
	if !found && len(objects) > 0 {
		return nil, fmt.Errorf("couldn't find any field with path %q in the list of objects", field)
	}
	return values, nil
}

func sortTable(table *metav1.Table, path string) error {
	return sortBy(path, rowObjects(table.Rows), func(i, j int) {
		table.Rows[i], table.Rows[j] = table.Rows[j], table.Rows[i]
	})
}

// rowObjects are the objects behind rows.
func rowObjects(rows []metav1.TableRow) []map[string]any {
	objects := make([]map[string]any, len(rows))
	for i, row := range rows {
		if object, ok := row.Object.Object.(*unstructured.Unstructured); ok {
			objects[i] = object.Object
		}
	}
	return objects
}

func sortObjects(items []unstructured.Unstructured, path string) error {
	objects := make([]map[string]any, len(items))
	for i := range items {
		objects[i] = items[i].Object
	}
	return sortBy(path, objects, func(i, j int) { items[i], items[j] = items[j], items[i] })
}

// isLess compares values of decoded JSON as kubectl does; see its sorter.go.
func isLess(a, b reflect.Value) (bool, error) {
	switch a.Kind() {
	case reflect.Interface:
		switch {
		case a.IsNil():
			return !b.IsNil(), nil
		case b.IsNil():
			return false, nil
		}
		return isLessAny(a.Interface(), b.Interface())
	case reflect.Int64:
		return a.Int() < b.Int(), nil
	case reflect.Float64:
		return a.Float() < b.Float(), nil
	case reflect.String:
		return a.String() < b.String(), nil
	}
	return false, errKubectl
}

func isLessAny(a, b any) (bool, error) {
	switch a := a.(type) {
	case int64:
		if b, ok := b.(int64); ok {
			return a < b, nil
		}
	case float64:
		if b, ok := b.(float64); ok {
			return a < b, nil
		}
	case string:
		if b, ok := b.(string); ok {
			quantity, err := resource.ParseQuantity(a)
			if err != nil {
				return a < b, nil
			}
			other, err := resource.ParseQuantity(b)
			if err != nil {
				return a < b, nil
			}
			return quantity.Cmp(other) < 0, nil
		}
	}
	return false, errKubectl
}
