package output_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
)

type fruit struct {
	ID      string    `json:"id"`
	Colour  string    `json:"colour,omitempty"`
	Seeds   int       `json:"seeds"`
	Picked  time.Time `json:"picked,omitzero"`
	Regions []string  `json:"regions,omitempty"`
}

var fruits = []fruit{
	{ID: "apple", Colour: "red", Seeds: 5, Regions: []string{"north", "south"}},
	{ID: "banana", Picked: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
}

func kind() output.Kind[fruit] {
	return output.Kind[fruit]{
		Name: "Fruit",
		ID:   func(f fruit) string { return f.ID },
		Columns: []output.Column[fruit]{
			{Name: "ID", Value: func(f fruit) string { return f.ID }},
			{Name: "COLOUR OF SKIN", Value: func(f fruit) string { return f.Colour }},
			{Name: "REGIONS", Wide: true, Value: func(f fruit) string { return strings.Join(f.Regions, ",") }},
		},
	}
}

func TestFormats(t *testing.T) {
	template := filepath.Join(t.TempDir(), "template")
	if err := os.WriteFile(template, []byte("{.items[0].id}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		format, list, one string
		noHeaders         bool
	}{
		{format: "", list: "ID       COLOUR OF SKIN\napple    red\nbanana   \n",
			one: "ID      COLOUR OF SKIN\napple   red\n"},
		{format: "", noHeaders: true, list: "apple    red\nbanana   \n", one: "apple   red\n"},
		{format: "wide", list: "ID       COLOUR OF SKIN   REGIONS\napple    red              north,south\nbanana     " +
			"               \n",
			one: "ID      COLOUR OF SKIN   REGIONS\napple   red              north,south\n"},
		{format: "name", list: "fruit/apple\nfruit/banana\n", one: "fruit/apple\n"},
		{format: "jsonpath={.items[*].id}", list: "apple banana", one: ""},
		{format: "jsonpath=.items[1].id", list: "banana", one: ""},
		{format: "jsonpath-file=" + template, list: "apple", one: ""},
		{format: "jsonpath={.kind}", list: "FruitList", one: "Fruit"},
		{format: "jsonpath={.seeds}", list: "", one: "5"},
		{format: "go-template={{.kind}}", list: "FruitList", one: "Fruit"},
		{format: "custom-columns=NAME:.id,SEEDS:.seeds,IN:.regions[*]",
			list: "NAME     SEEDS   IN\napple    5       north,south\nbanana   0       <none>\n",
			one:  "NAME    SEEDS   IN\napple   5       north,south\n"},
		{format: "custom-columns=NAME:.id", noHeaders: true, list: "apple\nbanana\n", one: "apple\n"},
		{format: "json", one: `{
    "apiVersion": "kubectl-edge/v1",
    "colour": "red",
    "id": "apple",
    "kind": "Fruit",
    "metadata": {
        "name": "apple"
    },
    "regions": [
        "north",
        "south"
    ],
    "seeds": 5
}
`, list: `{
    "apiVersion": "kubectl-edge/v1",
    "items": [
        {
            "apiVersion": "kubectl-edge/v1",
            "colour": "red",
            "id": "apple",
            "kind": "Fruit",
            "metadata": {
                "name": "apple"
            },
            "regions": [
                "north",
                "south"
            ],
            "seeds": 5
        },
        {
            "apiVersion": "kubectl-edge/v1",
            "id": "banana",
            "kind": "Fruit",
            "metadata": {
                "name": "banana"
            },
            "picked": "2026-01-02T03:04:05Z",
            "seeds": 0
        }
    ],
    "kind": "FruitList"
}
`},
		{format: "yaml", one: "apiVersion: kubectl-edge/v1\ncolour: red\nid: apple\nkind: Fruit\nmetadata:\n  name: " +
			"apple\nregions:\n- north\n- south\nseeds: 5\n",
			list: "apiVersion: kubectl-edge/v1\nitems:\n- apiVersion: kubectl-edge/v1\n  colour: red\n  id: apple\n  " +
				"kind: Fruit\n  metadata:\n    name: apple\n  regions:\n  - north\n  - south\n  seeds: 5\n- " +
				"apiVersion: kubectl-edge/v1\n  id: banana\n  kind: Fruit\n  metadata:\n    name: banana\n  picked: " +
				"\"2026-01-02T03:04:05Z\"\n  seeds: 0\nkind: FruitList\n"},
	} {
		t.Run(c.format, func(t *testing.T) {
			f := output.Flags{Format: c.format, NoHeaders: c.noHeaders}
			if err := f.Validate(t.Context()); err != nil {
				t.Fatal(err)
			}
			var list, one strings.Builder
			if err := output.List(&list, f, kind(), fruits); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(c.list, list.String()); diff != "" {
				t.Errorf("list, -want +got:\n%s", diff)
			}
			if err := output.One(&one, f, kind(), fruits[0]); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(c.one, one.String()); diff != "" {
				t.Errorf("one, -want +got:\n%s", diff)
			}
		})
	}
}

// TestMisfit has templates fail in the middle of an object, whose values must not be in the error nor on standard
// output: one of them could be a token.
func TestMisfit(t *testing.T) {
	for _, format := range []string{
		"jsonpath={.id}{.colour[?(@.x)]}", "jsonpath={.id}{.regions[9]}", "jsonpath={.id[0]}",
		"go-template={{.id}}{{.seeds.x}}",
		"go-template={{.id}}{{index .regions 9}}", "custom-columns=ID:.id,X:.colour[?(@.x)]",
	} {
		var out strings.Builder
		err := output.One(&out, output.Flags{Format: format}, kind(), fruits[0])
		if err == nil || !strings.HasPrefix(err.Error(), "print Fruit: the template of -o ") ||
			hint.Of(err) != "see the whole object with -o json" {
			t.Errorf("%s: got %v", format, err)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\n") || strings.Contains(fmt.Sprint(err), "red") ||
			strings.Contains(fmt.Sprint(err), "apple") {
			t.Errorf("%s: the error shows the object: %v", format, err)
		}
		if out.Len() > 0 {
			t.Errorf("%s: it printed %q", format, out.String())
		}
	}
}

func TestNoItems(t *testing.T) {
	for format, want := range map[string]string{
		"": "", "wide": "", "name": "", "jsonpath={.items[*].id}": "", "custom-columns=NAME:.id": "NAME\n",
		"json": "{\n    \"apiVersion\": \"kubectl-edge/v1\",\n    \"items\": [],\n    \"kind\": \"FruitList\"\n}\n",
		"yaml": "apiVersion: kubectl-edge/v1\nitems: []\nkind: FruitList\n",
	} {
		var out strings.Builder
		if err := output.List(&out, output.Flags{Format: format}, kind(), nil); err != nil || out.String() != want {
			t.Errorf("%q: got %q, %v, want %q", format, out.String(), err, want)
		}
	}
}

func TestValidate(t *testing.T) {
	for format, want := range map[string]string{
		"nonsense":               `unknown output format "nonsense": want json|yaml|name|wide|jsonpath=TEMPLATE|`,
		"JSON":                   `unknown output format "JSON"`,
		"json=x":                 `unknown output format "json=x"`,
		"jsonpath":               `unknown output format "jsonpath"`,
		"jsonpath={.x":           "unclosed action",
		"jsonpath-file=/absent":  "read the template of -o jsonpath-file: open /absent: ",
		"go-template={{.x":       "template: ",
		"custom-columns=":        "custom-columns: want NAME:PATH,…",
		"custom-columns=ID":      `custom-columns: "ID" is not NAME:PATH`,
		"custom-columns=:.id":    `custom-columns: ":.id" is not NAME:PATH`,
		"custom-columns=ID:{.id": "custom-columns: column ID: ",
	} {
		f := output.Flags{Format: format}
		err := f.Validate(t.Context())
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", format, err, want)
		}
	}
}

func TestFlags(t *testing.T) {
	var f output.Flags
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.AddFlags(fs)
	if err := fs.Parse([]string{"-o", "yaml", "--no-headers"}); err != nil {
		t.Fatal(err)
	}
	if want := (output.Flags{Format: "yaml", NoHeaders: true}); f != want {
		t.Errorf("got %+v, want %+v", f, want)
	}
}

// A table is written at once, not cell by cell: a terminal takes as long for a letter as for a page.
func TestTableIsWrittenAtOnce(t *testing.T) {
	var w countingWriter
	kind := output.Kind[string]{Columns: []output.Column[string]{
		{Name: "NAME", Value: func(s string) string { return s }},
		{Name: "AGAIN", Value: func(s string) string { return s + s }},
	}}
	if err := output.List(&w, output.Flags{}, kind, []string{"demo", "plant"}); err != nil || w != 1 {
		t.Errorf("%d writes, %v, want 1", w, err)
	}
}

type countingWriter int

func (w *countingWriter) Write(p []byte) (int, error) {
	*w++
	return len(p), nil
}

// TestFieldsOfEveryObject refuses a type whose field every object has already: it would be lost.
func TestFieldsOfEveryObject(t *testing.T) {
	type credential struct {
		Kind string `json:"kind"`
	}
	kind := output.Kind[credential]{Name: "Credential", ID: func(credential) string { return "c" }}
	err := output.One(t.Output(), output.Flags{Format: "json"}, kind, credential{Kind: "certificate"})
	if err == nil || !strings.Contains(err.Error(), "field kind") {
		t.Errorf("a field called kind was printed: %v", err)
	}
}
