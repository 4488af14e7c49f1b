package edge

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

// progress says how far work is: one line that is written over on a terminal, and elsewhere a line whenever something
// changes. Several may report to it at once.
type progress struct {
	out      io.Writer
	terminal bool
	now      func() time.Time
	what     string
	start    time.Time

	mu          sync.Mutex
	last        string
	done, total int
}

func (a *app) progress(what string) *progress {
	return &progress{
		out: plugin.Raw(a.ErrOut), terminal: plugin.Terminal(a.ErrOut), now: a.Now,
		what: what, start: a.Now(),
	}
}

// clearLine empties the line of a terminal that the cursor is in.
const clearLine = "\r\x1b[K"

// say reports the state of the work.
func (p *progress) say(state string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	state = hint.Printable(state)
	if !p.terminal && state != p.last {
		fmt.Fprintf(p.out, "%s: %s\n", p.what, state)
	}
	p.last = state
	p.draw()
}

// count begins to count things of which there are total.
func (p *progress) count(total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total = total
	p.draw()
}

// step counts one thing; elsewhere than on a terminal it is named.
func (p *progress) step(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if !p.terminal {
		fmt.Fprintln(p.out, hint.Printable(p.what+" "+name))
	}
	p.draw()
}

// note tells something else, above the line.
func (p *progress) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal {
		fmt.Fprint(p.out, clearLine)
	}
	fmt.Fprintln(p.out, hint.PrintableLines(fmt.Sprintf(format, args...)))
	p.draw()
}

// noteWaiting notes each instance once that is waited for.
func (p *progress) noteWaiting() func(stackit.Instance) {
	var noted sync.Map // ids
	return func(i stackit.Instance) {
		if _, ok := noted.LoadOrStore(i.Id, nil); !ok {
			p.note("waiting for instance %s: %s", i.Id, i.Status)
		}
	}
}

// draw writes the line, on a terminal, once there is something to say. The caller holds the lock.
func (p *progress) draw() {
	state := p.last
	if p.total > 0 {
		state = fmt.Sprintf("%d/%d", p.done, p.total)
	}
	if p.terminal && state != "" {
		fmt.Fprintf(p.out, clearLine+"%s: %s (%s)", p.what, state, p.now().Sub(p.start).Round(time.Second))
	}
}

// end leaves the line of say behind, and takes away that of count.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !p.terminal:
	case p.total > 0:
		fmt.Fprint(p.out, clearLine)
	case p.last != "":
		fmt.Fprintln(p.out)
	}
}
