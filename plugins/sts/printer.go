package sts

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/kubectl-edge/kubectl-edge/pkg/colour"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// The output of sts: sentences behind a symbol, tables with bars, and with -o json one object.

func (a *app) json() bool { return a.output == "json" }

// Note says something to a person that is not the result.
func (a *app) Note(format string, args ...any) {
	if a.json() {
		a.notes = append(a.notes, fmt.Sprintf(format, args...))
		return
	}
	a.Process.Note(format, args...)
}

// Warn is Note for what a person should look at although the command goes on.
func (a *app) Warn(format string, args ...any) { a.Note("warning: "+format, args...) }

// notes is where what is written ends up as notes, line by line.
type notes struct{ *app }

func (n notes) Write(data []byte) (int, error) {
	for line := range strings.Lines(string(data)) {
		n.Note("%s", strings.TrimSuffix(line, "\n"))
	}
	return len(data), nil
}

// plain reports whether sts would show no symbols. It looks at the environment alone, also where the output is a pipe:
// that is its grammar. What is painted is up to the pen.
func (a *app) plain() bool {
	return a.noColor || a.Getenv("NO_COLOR") != "" || a.Getenv("TERM") == "dumb"
}

// pen is what paints on the standard output.
func (a *app) pen() colour.Pen {
	if a.noColor {
		return colour.Pen{}
	}
	return a.Pen(a.Out)
}

// success prints a sentence that something was done.
func (a *app) success(format string, args ...any) {
	fmt.Fprintf(a.Out, "%s %s\n", a.symbol(), hint.PrintableLines(fmt.Sprintf(format, args...)))
}

func (a *app) symbol() string {
	if a.plain() || runtime.GOOS == "windows" {
		return "[SUCCESS]"
	}
	return "✅"
}

// secret prints a token behind a sentence of success. It stands out on a terminal.
func (a *app) secret(sentence, token string) error {
	token = hint.Printable(token)
	_, err := fmt.Fprintf(plugin.Raw(a.Out), "%s %s: %s\n\n", a.symbol(), sentence, a.pen().Bright(token))
	return err
}

func (a *app) printJSON(v any) error { return output.WriteJSON(a.Out, v, "  ") }

// table prints rows below a header, or the sentence for no rows.
func (a *app) table(w io.Writer, header []string, rows [][]string, none string) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(w, none)
		return err
	}
	width := make([]int, len(header))
	lines := [][]string{header}
	for _, row := range rows {
		line := make([]string, len(row))
		for i, cell := range row {
			line[i] = hint.Printable(cell)
		}
		lines = append(lines, line)
	}
	for _, line := range lines {
		for i, cell := range line {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var text strings.Builder
	for _, line := range lines {
		row := ""
		for i, cell := range line {
			if i > 0 {
				row += " | "
			}
			row += cell + strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
		}
		text.WriteString(strings.TrimRight(row, " ") + "\n")
	}
	_, err := io.WriteString(w, text.String())
	return err
}
