package hint_test

import (
	"errors"
	"slices"
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

func TestAlike(t *testing.T) {
	names := []string{"demo", "depot", "plant", "plans", "plans"}
	for word, want := range map[string][]string{
		"de": {"demo", "depot"}, "plan": {"plans", "plant"}, "palnt": {"plant"}, "Depto": {"depot"}, "dmeo": {"demo"},
		"omed": nil, "": nil,
	} {
		if got := hint.Alike(word, names); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
	for word, want := range map[string][]string{
		"depto": {"depot"}, "plan": {"plans", "plant"}, "de": {}, "dept": {"depot"},
	} {
		if got := hint.Slip(word, names); !slices.Equal(got, want) {
			t.Errorf("slip %q: got %q, want %q", word, got, want)
		}
	}
}

func TestQuestion(t *testing.T) {
	for want, words := range map[string][]string{
		"": nil, "did you mean a?": {"a"}, "did you mean a or b?": {"a", "b"},
		"did you mean a, b or c?": {"a", "b", "c"},
	} {
		if got := hint.Question(words...); got != want {
			t.Errorf("%q: got %q, want %q", words, got, want)
		}
	}
	if got := hint.Question("a", "b", "c", "d"); got != "" {
		t.Errorf("too many: got %q", got)
	}
	plain := errors.New("no such thing")
	if err := hint.DidYouMean(plain); err != plain {
		t.Errorf("without a word: %v", err)
	}
	if got := hint.Of(hint.DidYouMean(plain, "a")); got != "did you mean a?" {
		t.Errorf("got %q", got)
	}
}
