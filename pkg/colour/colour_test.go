package colour_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/colour"
)

// TestNoTerminal: what goes into a file has colours only where they are forced. Terminals are in the scripts.
func TestNoTerminal(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for name, c := range map[string]struct {
		env  map[string]string
		want bool
	}{
		"nothing said":      {nil, false},
		"a terminal's name": {map[string]string{"TERM": "xterm-256color"}, false},
		"CLICOLOR":          {map[string]string{"CLICOLOR": "1", "TERM": "xterm"}, false},
		"forced":            {map[string]string{"CLICOLOR_FORCE": "1"}, true},
		"forced, dumb":      {map[string]string{"CLICOLOR_FORCE": "1", "TERM": "dumb"}, true},
		"forced, CLICOLOR":  {map[string]string{"CLICOLOR_FORCE": "1", "CLICOLOR": "0"}, true},
		"not forced":        {map[string]string{"CLICOLOR_FORCE": "0"}, false},
		"forced, no colour": {map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, false},
		"an empty NO_COLOR": {map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": ""}, true},
	} {
		for _, stream := range []any{file, &bytes.Buffer{}, nil} {
			pen := colour.For(stream, func(name string) string { return c.env[name] })
			if pen.On() != c.want {
				t.Errorf("%s: on %v, want %v", name, pen.On(), c.want)
			}
			got := pen.Line(colour.Bad, "fail", ": x") + pen.Dim("y") + pen.Label(0, "z")
			want := "fail: xyz"
			if c.want {
				want = "\x1b[31m✗ fail\x1b[0m: x\x1b[2my\x1b[0m\x1b[36mz\x1b[0m"
			}
			if got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
	}
}
