package plainyaml_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/plainyaml"
)

func TestUnmarshal(t *testing.T) {
	var v map[string]any
	const text = "# a comment\na: {b: [1, true, null, 'x']}\n\"c\": |\n  two\n  lines\n"
	if err := plainyaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(v)
	if want := `{"a":{"b":[1,true,null,"x"]},"c":"two\nlines\n"}`; err != nil || string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "it is not YAML",
		"a: [":                     "it is not YAML",
		"a: 1\n---\nb: 2\n":        "it has more than one document",
		"a: &x 1\n":                "its YAML has anchors or aliases",
		"a: &x [1]\nb: *x\n":       "its YAML has anchors or aliases",
		"a: !!str 1\n":             "its YAML has tags",
		"a: !x 1\n":                "its YAML has tags",
		"<<: {a: 1}\n":             "its YAML has keys that are not names",
		"[a]: 1\n":                 "its YAML has keys that are not names",
		"!!str a: 1\n":             "its YAML has keys that are not names",
		"a: 1\nA: 2\n":             "its YAML has a field twice",
		"a: .inf\n":                "it is not YAML",
		"- 1\n":                    "its values are of other kinds than they should be",
		"a: {b: {c: x}}\nn: x":     `a value of its field "n" is of another kind than it should be`,
		strings.Repeat(" ", 70000): "it is larger than 64 KiB",
	} {
		var v struct {
			N int `json:"n"`
		}
		if err := plainyaml.Unmarshal([]byte(text), &v); err == nil || err.Error() != want {
			t.Errorf("%.40q: got %v, want %s", text, err, want)
		}
	}
}
