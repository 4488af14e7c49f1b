package output_test

import (
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/output"
)

func TestSortBy(t *testing.T) {
	list := []fruit{{ID: "b", Seeds: 10}, {ID: "c", Seeds: 9, Colour: "red"}, {ID: "a", Seeds: 10, Colour: "blue"}}
	for _, c := range []struct {
		path, want string
		limit      int
	}{
		{"", "b c a", 0}, {".id", "a b c", 0}, {"{.id}", "a b c", 0}, {"id", "a b c", 0}, {".seeds", "c b a", 0},
		{".colour", "b a c", 0}, {".metadata.name", "a b c", 0}, {".id", "a b", 2},
	} {
		var out strings.Builder
		f := output.Flags{Format: "jsonpath={.items[*].id}", SortBy: c.path, Limit: c.limit}
		if err := output.List(&out, f, kind(), list); err != nil || out.String() != c.want {
			t.Errorf("%q: got %q, %v, want %q", c.path, out.String(), err, c.want)
		}
	}
	for _, path := range []string{".nothing", ".metadata"} {
		var out strings.Builder
		if err := output.List(&out, output.Flags{SortBy: path}, kind(), list); err == nil || out.Len() > 0 {
			t.Errorf("%q: got %q, %v", path, out.String(), err)
		}
	}
	if err := (&output.Flags{SortBy: "{.id"}).Validate(t.Context()); err == nil {
		t.Error("half a path passes")
	}
}

func TestStream(t *testing.T) {
	for format, want := range map[string]string{
		"":                      "ID       COLOUR OF SKIN\nbanana   \nfig      red\n",
		"name":                  "fruit/banana\nfruit/fig\n",
		"custom-columns=ID:.id": "ID\nbanana\nfig\n",
		"jsonpath={.id}":        "bananafig",
	} {
		var out strings.Builder
		s := output.NewStream(&out, output.Flags{Format: format}, kind())
		for _, items := range [][]fruit{{{ID: "banana"}}, {}, {{ID: "fig", Colour: "red"}}} {
			if err := s.Print(items); err != nil {
				t.Fatal(err)
			}
		}
		if out.String() != want {
			t.Errorf("-o %q: got %q, want %q", format, out.String(), want)
		}
	}
}
