package scripttest

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// Requests are those that a server got, so that a script can count them or wait for one.
type Requests struct {
	mu      sync.Mutex
	seen    map[string]int // by METHOD PATH
	events  map[string]bool
	changed chan struct{} // closed and replaced with each request and event
	also    func(*http.Request)
}

// NewRequests returns a log without requests.
func NewRequests() *Requests {
	return &Requests{seen: map[string]int{}, events: map[string]bool{}, changed: make(chan struct{})}
}

// Observe has a sandbox record its requests; it is an option of sandboxtest.Start.
func (l *Requests) Observe(o *sandbox.Options) { o.OnRequest = l.Record }

// Record counts a request.
func (l *Requests) Record(r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if strings.HasPrefix(r.URL.Path, "/sandbox/") { // the test's own
		return
	}
	l.seen[r.Method+" "+r.URL.Path]++
	l.change(r.URL.Path)
	if l.also != nil {
		l.also(r)
	}
}

// change ends the waiting for an event, such as a request for a path. The caller holds the lock.
func (l *Requests) change(event string) {
	l.events[event] = true
	close(l.changed)
	l.changed = make(chan struct{})
}

// carriedOut is the event that a request was carried out whose answer is lost.
const carriedOut = "carried-out"

func (l *Requests) carriedOut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.change(carriedOut)
}

// expectCarriedOut has await wait for a request that is yet to be carried out.
func (l *Requests) expectCarriedOut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.events, carriedOut)
}

// tell has also called with each request.
func (l *Requests) tell(also func(*http.Request)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.also = also
}

// forget has counts begin at zero, and await wait for other requests.
func (l *Requests) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.seen)
	clear(l.events)
}

// counts returns how many requests there were, by METHOD PATH.
func (l *Requests) counts() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.seen)
}

// await waits until a path has been asked for, or a request was carried out.
func (l *Requests) await(event string) error {
	for deadline := time.After(time.Minute); ; {
		l.mu.Lock()
		done, changed := l.events[event], l.changed
		l.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-deadline:
			return fmt.Errorf("waited in vain for %s", event)
		}
	}
}
