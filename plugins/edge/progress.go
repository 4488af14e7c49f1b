package edge

import (
	"fmt"
	"io"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// progress tells how long work is going: one line that is written over on a terminal, and elsewhere a line whenever
// something changes.
type progress struct {
	out      io.Writer
	terminal bool
	now      func() time.Time
	what     string
	start    time.Time
	last     string
}

func (a *app) progress(what string) *progress {
	return &progress{out: plugin.Raw(a.ErrOut), terminal: plugin.Terminal(a.ErrOut), now: a.Now, what: hint.Printable(what), start: a.Now()}
}

// clearLine empties the line of a terminal that the cursor is in.
const clearLine = "\r\x1b[K"

// say reports the state of the work.
func (p *progress) say(state string) {
	state = hint.Printable(state)
	switch {
	case p.terminal:
		fmt.Fprintf(p.out, clearLine+"%s: %s (%s)", p.what, state, p.now().Sub(p.start).Round(time.Second))
	case state != p.last:
		fmt.Fprintf(p.out, "%s: %s\n", p.what, state)
	}
	p.last = state
}

// done leaves the line behind.
func (p *progress) done() {
	if p.terminal && p.last != "" {
		fmt.Fprintln(p.out)
	}
}
