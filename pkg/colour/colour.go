// Package colour decides whether what a person reads is coloured, and paints it.
package colour

import (
	"os"

	"golang.org/x/term"
)

// Pen paints words for one stream. The zero Pen leaves them as they are. What a word means is in the word itself:
// colour only helps to find it.
type Pen struct{ on bool }

// For is the pen for a stream: one that paints if the stream is a terminal that knows colours and the user did not say
// otherwise. NO_COLOR wins (https://no-color.org), then CLICOLOR_FORCE has also a file or a pipe painted, as a pager or
// a CI's log wants it, then CLICOLOR=0 and TERM=dumb say no (https://bixense.com/clicolors).
func For(stream any, getenv func(string) string) Pen {
	if getenv("NO_COLOR") != "" {
		return Pen{}
	}
	if force := getenv("CLICOLOR_FORCE"); force != "" && force != "0" {
		Obeys(stream) // a console of Windows has to be asked all the same
		return Pen{on: true}
	}
	return Pen{on: getenv("CLICOLOR") != "0" && !Dumb(getenv) && Obeys(stream)}
}

// Obeys reports whether stream is a terminal that obeys sequences, and has it do so if it has to be asked first.
func Obeys(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && enable(f)
}

// Dumb reports whether the environment says that the terminal knows no sequences at all.
func Dumb(getenv func(string) string) bool {
	switch getenv("TERM") {
	case "dumb":
		return true
	case "":
		return unnamedIsDumb
	}
	return false
}

// On reports whether the pen paints.
func (p Pen) On() bool { return p.on }

// Good, Bad and Careful paint words such as ok, failed and warning.
func (p Pen) Good(text string) string { return p.paint("32", text) }

// Bad paints what failed.
func (p Pen) Bad(text string) string { return p.paint("31", text) }

// Careful paints a warning.
func (p Pen) Careful(text string) string { return p.paint("33", text) }

// Dim paints what matters less, or cannot be used.
func (p Pen) Dim(text string) string { return p.paint("2", text) }

// Bold paints what stands out.
func (p Pen) Bold(text string) string { return p.paint("1", text) }

// Label paints the i-th of several names, each neighbour in another colour.
func (p Pen) Label(i int, text string) string {
	codes := []string{"36", "33", "32", "35", "34", "96", "93", "92", "95", "94"}
	return p.paint(codes[i%len(codes)], text)
}

func (p Pen) paint(code, text string) string {
	if !p.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
