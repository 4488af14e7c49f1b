package plugin

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Progress says how far work is: one line that is written over on a terminal, and elsewhere a line whenever something
// changes. Several may report to it at once.
type Progress struct {
	out      io.Writer
	terminal bool
	now      func() time.Time
	what     string
	start    time.Time
	line     *statusLine

	mu          sync.Mutex
	last        string
	done, total int
	stop        chan struct{} // of the seconds, once they are counted on a terminal
}

// Progress begins to say how far the work is that what names.
func (p Process) Progress(what string) *Progress {
	return &Progress{
		out: Raw(p.ErrOut), terminal: Terminal(p.ErrOut), now: p.Now,
		what: what, start: p.Now(), line: p.line,
	}
}

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

// Step counts one thing; elsewhere than on a terminal it is named.
func (p *Progress) Step(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if !p.terminal {
		fmt.Fprintln(p.out, hint.Printable(p.what+" "+name))
	}
	p.draw()
}

// Note says something else, above the line.
func (p *Progress) Note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal {
		fmt.Fprint(p.out, clearLine)
	}
	fmt.Fprintln(p.out, hint.PrintableLines(fmt.Sprintf(format, args...)))
	p.draw()
}

// draw writes the line, on a terminal, once there is something to say, and has its seconds go on from then. The caller
// holds the lock.
func (p *Progress) draw() {
	state := p.last
	if p.total > 0 {
		state = fmt.Sprintf("%d/%d", p.done, p.total)
	}
	if p.terminal && state != "" {
		if p.stop == nil {
			p.stop = make(chan struct{})
			p.line.say(1)
			go p.count(p.stop)
		}
		fmt.Fprintf(p.out, clearLine+"%s: %s (%s)", p.what, state, p.now().Sub(p.start).Round(time.Second))
	}
}

// count draws the line each second.
func (p *Progress) count(stop <-chan struct{}) {
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
		fmt.Fprint(p.out, clearLine)
	case p.last != "":
		fmt.Fprintln(p.out)
	}
}
