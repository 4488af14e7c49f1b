package diagnosis

import (
	"context"
	"strings"
	"sync"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// Step makes checks that belong together. Steps do not wait for each other.
type Step struct {
	Name string
	Make func(ctx context.Context) []Check
}

// Run takes all steps at once, and says on p which of them it waits for. The checks are returned in the order of the
// steps, and go to known in that order as soon as they can: those that take long should come last. A step that the
// end of ctx came before becomes one check that says so; it is waited for all the same, since it may have something to
// save.
func Run(ctx context.Context, p plugin.Process, steps []Step, known func([]Check)) []Check {
	type outcome struct {
		step   int
		checks []Check
	}
	open := &open{steps: steps, over: make([]bool, len(steps))}
	defer p.SlowNow(open.names)() // before a step has a request of its own to wait for
	ended := make(chan outcome)
	for i, s := range steps {
		go func() {
			checks := s.Make(ctx)
			if ctx.Err() != nil { // what it found may be no more than that
				checks = []Check{Skipped(s.Name, "", "not tried: interrupted")}
			}
			ended <- outcome{i, checks}
		}()
	}
	found := map[int][]Check{}
	var all []Check
	next := 0 // of the steps, to be said
	for range steps {
		o := <-ended
		open.end(o.step)
		found[o.step] = o.checks
		for checks, ok := found[next]; ok; checks, ok = found[next] {
			known(checks)
			all = append(all, checks...)
			next++
		}
	}
	return all
}

// open are the steps that have not ended yet.
type open struct {
	steps []Step
	mu    sync.Mutex
	over  []bool
}

func (o *open) end(i int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.over[i] = true
}

func (o *open) names() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var names []string
	for i, s := range o.steps {
		if !o.over[i] {
			names = append(names, s.Name)
		}
	}
	return strings.Join(names, ", ")
}
