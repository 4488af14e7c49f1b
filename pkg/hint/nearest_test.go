package hint_test

import (
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

func TestNearest(t *testing.T) {
	formats := []string{"json", "yaml", "name", "wide", "jsonpath", "custom-columns"}
	for _, c := range []struct {
		word, want string
		names      []string
	}{
		{"josn", "json", formats}, {"JSON", "json", formats}, {"Yaml", "yaml", formats}, {"yml", "yaml", formats},
		{"custom", "custom-columns", formats}, {"naem", "name", formats}, {"table", "", formats},
		{"", "", formats}, {"x", "", formats},
		{"nme", "name", []string{"context", "name", "no-headers"}},
		{"lst", "list", []string{"list", "delete"}},
		{"de", "", []string{"demo", "depot"}}, // either
		{"demp", "demo", []string{"demo", "depot"}},
		{"cat", "", []string{"bat", "car"}}, // as near
		{"site1", "site01", []string{"site01", "site22"}},
		{"bérlin", "berlin", []string{"berlin", "munich"}},
	} {
		if got := hint.Nearest(c.word, c.names); got != c.want {
			t.Errorf("%q of %q: got %q, want %q", c.word, c.names, got, c.want)
		}
	}
}
