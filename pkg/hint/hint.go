// Package hint gives an error the next step for the person who reads it.
package hint

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

type hinted struct {
	error
	hint  string
	guess bool // the hint asks what was meant
}

func (h hinted) Unwrap() error { return h.error }

// Wrap adds a next step, such as a command to run, to err. The text of err stays as it is; Print shows both. A nil err
// stays nil.
func Wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return hinted{error: err, hint: fmt.Sprintf(format, args...)}
}

// Of returns the outermost next step in err's chain, else what an error of its own kind says is next, or "".
func Of(err error) string {
	var h hinted
	if errors.As(err, &h) {
		return h.hint
	}
	var own interface{ Next() string }
	if errors.As(err, &own) {
		return own.Next()
	}
	return ""
}

// Print writes err as "error: …", and its next step, if it has one, as "hint: …" on a line of its own. What others
// wrote and an error quotes, such as a kubeconfig's argument or a server's words, neither controls the terminal nor
// begins a line.
func Print(w io.Writer, err error) {
	fmt.Fprintf(w, "error: %s\n", PrintableLines(err.Error()))
	if h := Of(err); h != "" {
		fmt.Fprintf(w, "hint: %s\n", PrintableLines(h))
	}
}

// Printable makes one line of what others wrote fit for a terminal, which would obey what is invisible in it.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

// PrintableLines is Printable for each line. All but the first are indented, so that none passes for one of our
// messages.
func PrintableLines(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\t", "  "), "\n")
	for i, line := range lines {
		lines[i] = Printable(line)
	}
	return strings.Join(lines, "\n  ")
}
