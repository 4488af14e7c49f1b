package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-edge/kubectl-edge/hack/faultwalk/inject"
	"github.com/kubectl-edge/kubectl-edge/hack/stage"
)

// attempts is how often a call is waited for that a run may make or not, such as one that sweeps what another process
// left a moment ago.
const attempts = 3

// walk makes all trials.
type walk struct {
	dir     string
	servers string // folder with those of an edge cluster
	workers int
	match   func(trial) bool
	verbose bool
	out     io.Writer

	mu      sync.Mutex
	trails  map[*operation]*trail
	figures figures
}

// trail is what an operation does without a fault.
type trail struct {
	calls []inject.Call
	usual map[string]int // how many files there are after it, by class
}

// figures are what was walked.
type figures struct {
	operations, calls, trials, missed int
	byFault                           map[string]int
	violations                        []string
	took                              time.Duration
}

// walkAll walks the operations whose trials match.
func (k *walk) walkAll(ctx context.Context, operations []*operation) (err error) {
	start := time.Now()
	k.trails, k.figures = map[*operation]*trail{}, figures{byFault: map[string]int{}}
	bin := filepath.Join(k.dir, "bin")
	if err := stage.Build(ctx, bin, "cmd/kubectl-edge", "cmd/kubectl-edge_credential", "cmd/kubectl-sts",
		"hack/faultwalk/launch"); err != nil {
		return err
	}
	var worlds []*world
	defer func() {
		for _, w := range worlds {
			err = errors.Join(err, w.close())
		}
	}()
	var apart, clusters []*operation
	for _, op := range operations {
		if op.cluster {
			clusters = append(clusters, op)
		} else {
			apart = append(apart, op)
		}
	}
	for i := range k.workers + maxHosts {
		w, err := newWorld(filepath.Join(k.dir, fmt.Sprintf("world%d", i)), bin)
		if err != nil {
			return err
		}
		worlds = append(worlds, w)
	}
	var group errgroup.Group
	group.Go(func() error { return k.walkIn(ctx, worlds[:k.workers], apart) })
	if len(clusters) > 0 {
		group.Go(func() error {
			hosts := worlds[k.workers:]
			for _, w := range hosts {
				if err := w.host(ctx, k.servers); err != nil {
					return err
				}
			}
			return k.walkIn(ctx, hosts, clusters)
		})
	}
	err = group.Wait()
	k.figures.took = time.Since(start)
	return err
}

// maxHosts is how many worlds have an edge cluster: the servers of each take a core while they start, and half a
// gigabyte of memory.
const maxHosts = 2

// walkIn walks operations in some worlds.
func (k *walk) walkIn(ctx context.Context, those []*world, operations []*operation) error {
	worlds := make(chan *world, len(those))
	for _, w := range those {
		worlds <- w
	}
	if err := each(ctx, worlds, operations, k.explore); err != nil {
		return err
	}
	var trials []trial
	for _, op := range operations {
		trials = append(trials, k.trialsOf(op)...)
	}
	return each(ctx, worlds, trials, k.try)
}

// trialsOf are those of an operation, in the order of its calls.
func (k *walk) trialsOf(op *operation) (trials []trial) {
	for _, call := range k.trails[op].calls {
		for _, fault := range inject.Faults() {
			if t := (trial{op, call, fault}); call.Takes(fault) && k.match(t) {
				trials = append(trials, t)
			}
		}
	}
	return trials
}

// each runs do for each thing, with a world that no other has meanwhile, and returns all errors.
func each[T any](ctx context.Context, worlds chan *world, things []T, do func(context.Context, *world, T) error) error {
	errs := make([]error, len(things))
	var group errgroup.Group
	group.SetLimit(cap(worlds))
	for i, thing := range things {
		group.Go(func() error {
			if errs[i] = ctx.Err(); errs[i] == nil {
				w := <-worlds
				errs[i] = do(ctx, w, thing)
				worlds <- w
			}
			return nil
		})
	}
	return errors.Join(group.Wait(), errors.Join(errs...))
}

// explore runs an operation without a fault, twice, and notes its calls and its files. It has to pass all checks.
func (k *walk) explore(ctx context.Context, w *world, op *operation) error {
	if err := w.prepare(ctx, op); err != nil {
		return fmt.Errorf("prepare %s: %w", op.name, err)
	}
	p := &trail{usual: map[string]int{}}
	for range 2 { // what depends on the scheduler is met in one of two runs
		if err := w.reset(ctx); err != nil {
			return fmt.Errorf("prepare %s: %w", op.name, err)
		}
		o, err := w.trace(ctx, inject.Call{}, nil)
		if err != nil {
			return err
		}
		if o.Code != 0 {
			return fmt.Errorf("%s fails without a fault: exit code %d: %s", op.name, o.Code, masked(o.stderr))
		}
		if err := w.judge(ctx, o, inject.Call{}, inject.Fault{}); err != nil {
			return fmt.Errorf("%s without a fault: %w: %s", op.name, err, masked(o.stderr))
		}
		for _, call := range o.Calls {
			if !slices.Contains(p.calls, call) {
				p.calls = append(p.calls, call)
			}
		}
		if err := p.note(w); err != nil {
			return err
		}
		if o, err = w.trace(ctx, inject.Call{}, nil); err != nil {
			return err
		}
		if err := p.note(w); err != nil {
			return err
		}
		if err := w.judgeNext(ctx, o, nil); err != nil {
			return fmt.Errorf("%s without a fault, again: %w", op.name, err)
		}
		if err := p.note(w); err != nil { // what settling it, or a further run, makes
			return err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.trails[op] = p
	k.figures.operations++
	k.figures.calls += len(p.calls)
	return nil
}

func (p *trail) note(w *world) error {
	files, err := w.files()
	for class, names := range byClass(files) {
		p.usual[class] = max(p.usual[class], len(names))
	}
	return err
}

// try makes a trial.
func (k *walk) try(ctx context.Context, w *world, t trial) error {
	if err := w.prepare(ctx, t.op); err != nil {
		return fmt.Errorf("prepare %s: %w", t.op.name, err)
	}
	for range attempts {
		if err := w.reset(ctx); err != nil {
			return fmt.Errorf("prepare %s: %w", t.op.name, err)
		}
		o, err := w.trace(ctx, t.call, &t.fault)
		if err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		if !o.Hit {
			continue
		}
		found := w.judge(ctx, o, t.call, t.fault)
		if t.op.later != nil {
			if err := t.op.later(w); err != nil {
				return fmt.Errorf("%s: %w", t, err)
			}
		}
		next, err := w.trace(ctx, inject.Call{}, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		foundNext := w.judgeNext(ctx, next, k.trails[t.op].usual)
		k.tell(t, o, next, found, foundNext)
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.figures.missed++
	return nil
}

// tell reports a trial that was made.
func (k *walk) tell(t trial, o, next outcome, found ...error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.figures.trials++
	if k.figures.trials%500 == 0 {
		fmt.Fprintf(k.out, "%d runs, at %s\n", k.figures.trials, t)
	}
	k.figures.byFault[t.fault.Name]++
	var lines []string
	for _, err := range found {
		if err != nil {
			lines = append(lines, strings.Split(err.Error(), "\n")...)
		}
	}
	if len(lines) > 0 {
		k.figures.violations = append(k.figures.violations, t.String())
		fmt.Fprintf(k.out, "go run ./hack/faultwalk -run '%s'\n  %s\n", t, strings.Join(lines, "\n  "))
	}
	if k.verbose || len(lines) > 0 {
		said := func(o outcome) string {
			return fmt.Sprintf("exit code %d: %s", o.Code, strings.TrimSpace(masked(o.stderr)))
		}
		fmt.Fprintf(k.out, "  %s: %s\n  next: %s\n", t, said(o), said(next))
	}
}
