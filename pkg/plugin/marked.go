package plugin

import (
	"io"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/colour"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Marked writes a text to out whose lines, counted from 0, begin with a symbol where colours are wanted. It is for what
// a person reads alone.
func (p Process) Marked(out io.Writer, text string, mark func(line int) colour.Mark) error {
	pen := p.Pen(out)
	if !pen.On() {
		_, err := io.WriteString(out, text)
		return err
	}
	var marked strings.Builder
	n := 0
	for line := range strings.Lines(text) {
		marked.WriteString(pen.Line(mark(n), "", hint.Printable(strings.TrimSuffix(line, "\n"))) + "\n")
		n++
	}
	_, err := io.WriteString(Raw(out), marked.String())
	return err
}
