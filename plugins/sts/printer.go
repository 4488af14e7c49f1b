package sts

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// The output of sts: sentences behind a symbol, tables with bars, and with -o json one object.

func (a *app) json() bool { return a.output == "json" }

func (a *app) plain() bool {
	return a.noColor || a.Getenv("NO_COLOR") != "" || a.Getenv("TERM") == "dumb"
}

// success prints a sentence that something was done.
func (a *app) success(format string, args ...any) {
	symbol := "✅"
	if a.plain() || runtime.GOOS == "windows" {
		symbol = "[SUCCESS]"
	}
	fmt.Fprintf(a.Out, symbol+" "+format+"\n", args...)
}

// note tells a person something that is not the result.
func (a *app) note(format string, args ...any) { fmt.Fprintf(a.ErrOut, format+"\n", args...) }

// secret makes a token stand out on a terminal.
func (a *app) secret(token string) string {
	if a.plain() || !terminal(a.Out) {
		return token
	}
	return "\x1b[97m" + token + "\x1b[0m"
}

func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.Out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// table prints rows below a header, or the sentence for no rows.
func (a *app) table(header []string, rows [][]string, none string) {
	if len(rows) == 0 {
		fmt.Fprintln(a.Out, none)
		return
	}
	width := make([]int, len(header))
	for _, row := range append([][]string{header}, rows...) {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range append([][]string{header}, rows...) {
		line := ""
		for i, cell := range row {
			if i > 0 {
				line += " | "
			}
			line += cell + strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
		}
		fmt.Fprintln(a.Out, strings.TrimRight(line, " "))
	}
}

// terminal reports whether stream is one.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
