package yamledit

import (
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// TestOffsetOfLongLines finds each character of lines as JSON has them, in few steps however long the line is.
func TestOffsetOfLongLines(t *testing.T) {
	long := strings.Repeat(`{"name": "grün-日本-🚢", "x": [1, 2]}, `, 500)
	for name, data := range map[string]string{
		"one line": long, "with a mark of the byte order": bom + long, "short ones": "a: 1\nb: é\n\nc: [" +
			long + "]\n",
		"several": long + "\r\n" + long + "\n\n" + strings.Repeat("x", 2*stride) + "\n" + long, "empty": "",
		"as long as the stride": strings.Repeat("é", stride) + "\n" + strings.Repeat("é", stride+1) + "\nz",
	} {
		t.Run(name, func(t *testing.T) {
			text, err := newText([]byte(data))
			if err != nil {
				t.Fatal(err)
			}
			for line, want := range text.lines {
				content := strings.TrimRight(string(text.line(line)), "\r\n")
				for column := range utf8.RuneCountInString(content) + 1 { // the end is a place, too
					if got := text.offset(&yaml.Node{Line: line + 1, Column: column + 1}); got != want {
						t.Fatalf("line %d, column %d: offset %d, want %d", line+1, column+1, got, want)
					}
					if _, rest := text.near(line, column); rest > stride {
						t.Fatalf("line %d, column %d: %d characters to go", line+1, column+1, rest)
					}
					_, size := utf8.DecodeRuneInString(data[want:])
					want += size
				}
			}
		})
	}
}
