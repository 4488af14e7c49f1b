package plugin

import (
	"fmt"
	"sync"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// statusLine is the last line of a terminal while work is under way. Several want it at once: the one that came first
// has it.
type statusLine struct {
	mu    sync.Mutex
	taken bool
}

func (l *statusLine) take() bool {
	if l == nil { // of a process in a test
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	took := !l.taken
	l.taken = true
	return took
}

func (l *statusLine) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken = false
}

// Waiting says on a terminal what is waited for, and for how long it has been, until end is called, which takes the
// line away again. Where something else says how far the work is, and elsewhere than on a terminal, it says nothing.
func (p Process) Waiting(what string) (end func()) {
	if !Terminal(p.ErrOut) || !p.line.take() {
		return func() {}
	}
	out, start := Raw(p.ErrOut), p.Now()
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			fmt.Fprintf(out, clearLine+"waiting for %s (%s) ", hint.Printable(what),
				(p.Now().Sub(start) + noticed).Round(time.Second))
			select {
			case <-tick.C:
			case <-done:
				fmt.Fprint(out, clearLine)
				return
			}
		}
	}()
	return sync.OnceFunc(func() {
		close(done)
		<-gone
		p.line.leave()
	})
}

// noticed is after how long a person wants to know what a command waits for.
const noticed = time.Second

// Slow calls Waiting once that takes long which begins now.
func (p Process) Slow(what string) (end func()) {
	var mu sync.Mutex
	var ended bool
	over := func() {}
	timer := time.AfterFunc(noticed, func() {
		mu.Lock()
		defer mu.Unlock()
		if !ended {
			over = p.Waiting(what)
		}
	})
	return func() {
		timer.Stop()
		mu.Lock()
		defer mu.Unlock()
		ended = true
		over()
	}
}
