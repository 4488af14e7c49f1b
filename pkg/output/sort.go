package output

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"
	"k8s.io/client-go/util/jsonpath"
)

// AddListFlags is AddFlags for a list, with --sort-by.
func (f *Flags) AddListFlags(fs *pflag.FlagSet) {
	f.AddFlags(fs)
	fs.StringVar(&f.SortBy, "sort-by", f.SortBy, "sort by a field of -o json, such as .creationTimestamp")
}

func (f *Flags) checkSortBy() error {
	if f.SortBy == "" {
		return nil
	}
	if err := jsonpath.New("sort-by").Parse(relaxed(f.SortBy)); err != nil {
		return fmt.Errorf("--sort-by %.80q: %w", f.SortBy, err)
	}
	return nil
}

// sorted are the items in the order of --sort-by. As in kubectl, those without the field come first, and a field that
// no item has is an error.
func sorted[T any](f Flags, k Kind[T], items []T) ([]T, error) {
	if f.SortBy == "" || len(items) == 0 {
		return items, nil
	}
	path := jsonpath.New("sort-by").AllowMissingKeys(true)
	if err := path.Parse(relaxed(f.SortBy)); err != nil {
		return nil, fmt.Errorf("--sort-by %.80q: %w", f.SortBy, err)
	}
	type keyed struct {
		item T
		key  any
	}
	all, found := make([]keyed, len(items)), false
	for i, item := range items {
		object, err := k.object(item)
		if err != nil {
			return nil, err
		}
		all[i].item = item
		results, err := path.FindResults(object.Object)
		if err == nil && len(results) > 0 && len(results[0]) > 0 {
			all[i].key, found = results[0][0].Interface(), true
		}
	}
	if !found {
		return nil, fmt.Errorf("--sort-by %.80q: no %s has that field; -o json shows which there are", f.SortBy, k.Name)
	}
	var odd error
	slices.SortStableFunc(all, func(a, b keyed) int {
		order, err := compare(a.key, b.key)
		odd = cmp.Or(odd, err)
		return order
	})
	if odd != nil {
		return nil, fmt.Errorf("--sort-by %.80q: %w", f.SortBy, odd)
	}
	items = make([]T, len(all))
	for i := range all {
		items[i] = all[i].item
	}
	return items, nil
}

// compare orders values of decoded JSON.
func compare(a, b any) (int, error) {
	switch a := a.(type) {
	case nil:
		if b == nil {
			return 0, nil
		}
		return -1, nil
	case string:
		if b, ok := b.(string); ok {
			return cmp.Compare(a, b), nil
		}
	case float64:
		if b, ok := b.(float64); ok {
			return cmp.Compare(a, b), nil
		}
	case bool:
		if b, ok := b.(bool); ok {
			return cmp.Compare(rank(a), rank(b)), nil
		}
	}
	if b == nil {
		return 1, nil
	}
	return 0, errors.New("the field is not one text, number, or true or false")
}

func rank(b bool) int {
	if b {
		return 1
	}
	return 0
}
