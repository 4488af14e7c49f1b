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

// Mark is what a line says, at a glance.
type Mark int

// The marks of a line: None where there is nothing to say, Good, Careful for a warning, Bad for what failed, and Quiet
// for what does not count.
const (
	None Mark = iota
	Good
	Careful
	Bad
	Quiet
)

var marks = [...]struct{ symbol, code string }{
	None: {" ", ""}, Good: {"✓", "32"}, Careful: {"!", "33"}, Bad: {"✗", "31"},
	Quiet: {"-", "2"}}

// Line is a line that begins with the symbol of a mark, which is painted as its first word is. A pen that does not
// paint leaves the symbol out: what it says is in the words, too.
func (p Pen) Line(mark Mark, word, rest string) string {
	if !p.on {
		return word + rest
	}
	return p.paint(marks[mark].code, marks[mark].symbol+" "+word) + rest
}

// Dim paints what matters less, or cannot be used.
func (p Pen) Dim(text string) string { return p.paint("2", text) }

// Bold paints what stands out.
func (p Pen) Bold(text string) string { return p.paint("1", text) }

// Label paints the i-th of several names, each neighbour in another colour.
func (p Pen) Label(i int, text string) string {
	codes := [...]string{"36", "33", "32", "35", "34", "96", "93", "92", "95", "94"}
	return p.paint(codes[i%len(codes)], text)
}

// Bright paints what a person is to copy.
func (p Pen) Bright(text string) string { return p.paint("97", text) }

func (p Pen) paint(code, text string) string {
	if !p.on || code == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
