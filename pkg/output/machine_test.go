package output_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"go.yaml.in/yaml/v4"

	"github.com/kubectl-edge/kubectl-edge/pkg/output"
)

// odd is text that steers a terminal or hides in it, in all ranges.
const odd = "a\x1b[2J\u009b\u202e\x7f\u00a0\u200d\U000e0041\nπ"

func TestMachineFormatsAreFitForATerminal(t *testing.T) {
	list := []fruit{{ID: odd, Colour: odd}}
	for _, format := range []string{"json", "yaml", "name", "", "wide", "custom-columns=ID:.id,C:.colour"} {
		var out strings.Builder
		if err := output.List(&out, output.Flags{Format: format}, kind(), list); err != nil {
			t.Fatal(err)
		}
		for _, r := range out.String() {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Errorf("-o %s has %U: %q", format, r, out.String())
			}
		}
		var back struct {
			Items []fruit `yaml:"items"`
		}
		switch format {
		case "json":
			if err := json.Unmarshal([]byte(out.String()), &back); err != nil {
				t.Fatal(err)
			}
		case "yaml":
			if err := yaml.Unmarshal([]byte(out.String()), &back); err != nil {
				t.Fatalf("%v: %s", err, out.String())
			}
		default:
			continue
		}
		if len(back.Items) != 1 || back.Items[0].Colour != odd {
			t.Errorf("-o %s lost something: %v", format, back.Items)
		}
	}
}
