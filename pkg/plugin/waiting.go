package plugin

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/clipperhouse/displaywidth"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// statusLine is the last line of the standard error while work is under way, which several want to write at once. How
// far the work is says more than whose answer it waits for, and of those the first one has the line. Whatever else is
// written to the terminal takes the place of the line, which comes back below it.
//
// A nil statusLine is that of a process in a test, where nobody else wants it.
type statusLine struct {
	mu       sync.Mutex
	out      io.Writer // the terminal, if there is one
	shown    bool      // something is in the line
	progress int       // how many of them have something to say
	waiting  bool      // somebody says what is waited for
	said     []string  // what was waited for, elsewhere than on a terminal
}

// on has the streams of a process write in the place of the line, where that is on a terminal.
func (l *statusLine) on(out, errOut *Stream, getenv func(string) string) {
	if !rewrites(errOut, getenv) {
		return
	}
	l.out = beneath{errOut}
	errOut.line = l
	if Terminal(out) {
		out.line = l
	}
}

// rewrites reports whether stream is a terminal on which a line can be written over.
func rewrites(stream any, getenv func(string) string) bool {
	return Terminal(stream) && (getenv == nil || getenv("TERM") != "dumb")
}

// oneLine is text and its end, cut off so that they fit into a line of so many columns, if that is known: of what a
// terminal continues in the next one, only the last one could be written over.
func oneLine(text, end string, columns int) string {
	const least = 8 // of the text: less says nothing
	if columns == 0 {
		return text + end
	}
	if room := columns - 1 - displaywidth.String(end); room >= least {
		return displaywidth.TruncateString(text, room, "…") + end
	}
	return displaywidth.TruncateString(text+end, columns-1, "…")
}

// wait takes the line for one who waits.
func (l *statusLine) wait() bool {
	if l == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	took := !l.waiting
	l.waiting = true
	return took
}

// over gives it back.
func (l *statusLine) over() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = false
}

// write has one who waits write on the line, unless there is progress. Shown says whether something is in it then.
func (l *statusLine) write(shown bool, text func()) {
	if l != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.progress > 0 {
			return
		}
		l.shown = shown
	}
	text()
}

// writeProgress is write for who says how far the work is.
func (l *statusLine) writeProgress(shown bool, text func()) {
	if l != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.shown = shown
	}
	text()
}

// replace empties the line and writes in its place, before anybody writes on the line again.
func (l *statusLine) replace(write func() (int, error)) (int, error) {
	if l == nil {
		return write()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shown && l.out != nil {
		_, _ = io.WriteString(l.out, clearLine)
	}
	l.shown = false
	return write()
}

// say counts those whose progress is said.
func (l *statusLine) say(more int) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress += more
}

// first reports whether it has not been said yet that somebody waits for what.
func (l *statusLine) first(what string) bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.Contains(l.said, what) {
		return false
	}
	l.said = append(l.said, what)
	return true
}

const (
	// noticed is after how long a person at a terminal wants to know what a command waits for.
	noticed = time.Second
	// noted is the same of a log, in which each line stays.
	noted = 10 * time.Second
)

// Slow says what is waited for once that takes long which begins now, until end is called: on a terminal in a line that
// counts the seconds and is gone in the end, elsewhere in one line for each that is waited for.
func (p Process) Slow(what string) (end func()) { return p.SlowNow(func() string { return what }) }

// SlowNow is Slow for what changes meanwhile.
func (p Process) SlowNow(what func() string) (end func()) {
	var mu sync.Mutex
	var ended bool
	over := func() {}
	begin, after := p.counted, noticed
	if !rewrites(p.ErrOut, p.Getenv) {
		begin, after = p.noted, noted
	}
	timer := time.AfterFunc(after, func() {
		mu.Lock()
		defer mu.Unlock()
		if !ended {
			over = begin(what)
		}
	})
	return func() {
		timer.Stop()
		mu.Lock()
		defer mu.Unlock()
		if !ended {
			over()
		}
		ended = true
	}
}

// noted says in one line what is waited for.
func (p Process) noted(what func() string) (end func()) {
	if now := what(); p.line.first(now) {
		p.Note("waiting for %s", now)
	}
	return func() {}
}

// counted says on a terminal what is waited for, and for how long it has been.
func (p Process) counted(what func() string) (end func()) {
	if !p.line.wait() {
		return func() {}
	}
	out, start := below(p.ErrOut), p.Now()
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			p.line.write(true, func() {
				fmt.Fprint(out, clearLine+oneLine("waiting for "+hint.Printable(what()),
					fmt.Sprintf(" (%s) ", (p.Now().Sub(start)+noticed).Round(time.Second)), Columns(p.ErrOut)))
			})
			select {
			case <-tick.C:
			case <-done:
				p.line.write(false, func() { fmt.Fprint(out, clearLine) })
				return
			}
		}
	}()
	return func() {
		close(done)
		<-gone
		p.line.over()
	}
}
