package plugin

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Progress says how far work is: one line that is written over on a terminal, and elsewhere a line whenever the state
// changes, or when what is counted takes long. Several may report to it at once.
type Progress struct {
	out      io.Writer
	terminal bool
	now      func() time.Time
	what     string
	start    time.Time
	line     *statusLine
	columns  func() int // of the terminal

	mu          sync.Mutex
	last        string
	awaited     string
	done, total int
	counted     time.Time     // when the count was last written elsewhere than on a terminal
	stop        chan struct{} // of the seconds, once they are counted on a terminal
}

// Progress begins to say how far the work is that what names.
func (p Process) Progress(what string) *Progress {
	return &Progress{
		out: below(p.ErrOut), terminal: rewrites(p.ErrOut, p.Getenv), now: p.Now,
		what: what, start: p.Now(), line: p.line, counted: p.Now(), columns: func() int { return Columns(p.ErrOut) },
	}
}

// countEvery is how often a count is written where it cannot be written over: a line for each thing that is counted
// would hide, in the log of a pipeline, what was said about those that failed.
const countEvery = 10 * time.Second

// clearLine empties the line of a terminal that the cursor is in.
const clearLine = "\r\x1b[K"

// Say reports the state of the work.
func (p *Progress) Say(state string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	state = hint.Printable(state)
	if !p.terminal && state != p.last {
		fmt.Fprintf(p.out, "%s: %s\n", p.what, state)
	}
	p.last = state
	p.draw()
}

// Count begins to count things of which there are total.
func (p *Progress) Count(total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total = total
	p.draw()
}

// Step counts one thing.
func (p *Progress) Step() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if now := p.now(); !p.terminal && now.Sub(p.counted) >= countEvery {
		p.counted = now
		fmt.Fprintln(p.out, p.count())
	}
	p.draw()
}

// Await has the line on a terminal end with what is still to come.
func (p *Progress) Await(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.awaited = hint.Printable(what)
	p.draw()
}

// Note says something else, above the line.
func (p *Progress) Note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := hint.PrintableLines(fmt.Sprintf(format, args...))
	if p.terminal {
		text = clearLine + text
	}
	p.line.writeProgress(false, func() { fmt.Fprintln(p.out, text) })
	p.draw()
}

// draw writes the line, on a terminal, once there is something to say, and has its seconds go on from then. The caller
// holds the lock.
func (p *Progress) draw() {
	if p.terminal && (p.last != "" || p.total > 0) {
		if p.stop == nil {
			p.stop = make(chan struct{})
			p.line.say(1)
			go p.goOn(p.stop)
		}
		p.line.writeProgress(true, func() { fmt.Fprint(p.out, clearLine+p.count()) })
	}
}

// count is the state, or how far the count is, and for how long that has taken. The caller holds the lock.
func (p *Progress) count() string {
	state := p.last
	if p.total > 0 {
		state = fmt.Sprintf("%d/%d", p.done, p.total)
	}
	text := hint.Printable(p.what) + ": " + state
	end := fmt.Sprintf(" (%s)", p.now().Sub(p.start).Round(time.Second))
	if p.awaited != "" {
		end += " " + p.awaited
	}
	if !p.terminal || p.columns == nil {
		return text + end
	}
	return oneLine(text, end, p.columns())
}

// goOn draws the line each second.
func (p *Progress) goOn(stop <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-stop:
			return
		}
		p.mu.Lock()
		if p.stop != nil {
			p.draw()
		}
		p.mu.Unlock()
	}
}

// End leaves the line of Say behind, and takes away that of Count.
func (p *Progress) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stop != nil {
		close(p.stop)
		p.stop = nil
		defer p.line.say(-1)
	}
	switch {
	case !p.terminal:
	case p.total > 0:
		p.line.writeProgress(false, func() { fmt.Fprint(p.out, clearLine) })
	case p.last != "":
		p.line.writeProgress(false, func() { fmt.Fprintln(p.out) })
	}
}
