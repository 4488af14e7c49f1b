package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/localport"
)

// fleet runs the Kubernetes APIs of a sandbox's instances: API servers, of which one is the instance
// sandbox.InstanceID's, and gates, by which other instances share that one.
type fleet struct {
	sandbox      *sandbox.Sandbox
	base         cluster.Options // what all API servers have in common
	dir          string          // folder that has one of each API server
	ports        *ports
	edgeClusters int                // how many an API server has
	stop         context.CancelFunc // ends what is being started
	context      context.Context
	places       chan struct{} // bounds how many API servers are being started at once

	starting sync.WaitGroup
	mu       sync.Mutex
	shared   *instanceServer
	running  map[string]runner        // by instance ID, but for the shared one
	cancel   map[string]func() func() // ends what is being started, by instance ID; returns what waits for that
	ending   map[string]chan struct{} // closed when what an instance had is gone
	closed   bool
}

// runner is what answers at an instance's address: a gate or an API server.
type runner interface{ Stop() error }

// atOnce is how many API servers are started at the same time: each keeps a core busy for some seconds.
const atOnce = 2

func newFleet(s *sandbox.Sandbox, base cluster.Options, dir string, p *ports, edgeClusters int) *fleet {
	ctx, stop := context.WithCancel(context.Background())
	return &fleet{
		sandbox: s, base: base, dir: dir, ports: p, edgeClusters: edgeClusters, context: ctx, stop: stop,
		places: make(chan struct{}, atOnce), running: map[string]runner{},
		cancel: map[string]func() func(){}, ending: map[string]chan struct{}{},
	}
}

// options are those of an instance's API server, at a port, or at a free one for 0.
func (f *fleet) options(id string, port int) cluster.Options {
	o := f.base
	o.Dir, o.Port = filepath.Join(f.dir, id), port
	o.InstanceID, o.Issuer, o.TokenReview = id, f.sandbox.Issuer(id), f.sandbox.TokenReviewURL(id)
	return o
}

// startShared starts the API server that instances share.
func (f *fleet) startShared(ctx context.Context, address string) error {
	port, err := f.ports.next(address)
	if err != nil {
		return err
	}
	c, err := f.startServer(ctx, sandbox.InstanceID, port)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shared = c
	return nil
}

// hosting is for sandbox.Host.
func (f *fleet) hosting() sandbox.Hosting { return sandbox.Hosting{Open: f.open, Close: f.close} }

func (f *fleet) open(id, address string, own bool) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		return "", errors.New("the sandbox ends")
	case id == sandbox.InstanceID && !own:
		return f.shared.URL(), nil
	}
	port, err := f.ports.next(address)
	if err != nil {
		return "", err
	}
	if !own {
		g, err := newGate(f.sandbox, id, f.shared.Cluster, f.base.Listen, port)
		if err != nil {
			return "", err
		}
		f.running[id] = g
		return f.url(g.port), nil
	}
	if port == 0 {
		if port, err = localport.Free(f.base.Listen); err != nil {
			return "", err
		}
	}
	f.starting.Add(1)
	before := f.ending[id]
	ctx, cancel := context.WithCancel(f.context)
	started := make(chan struct{})
	f.cancel[id] = func() (wait func()) {
		cancel()
		return func() { <-started }
	}
	go func() {
		defer f.starting.Done()
		if before != nil {
			<-before
		}
		err := f.startOwn(ctx, id, port)
		close(started)
		f.sandbox.Hosted(id, err)
		_ = f.sandbox.Save() // or with the next request, which fails if that cannot be
	}()
	return f.url(port), nil
}

// startOwn starts the API server of one instance.
func (f *fleet) startOwn(ctx context.Context, id string, port int) error {
	select {
	case f.places <- struct{}{}:
		defer func() { <-f.places }()
	case <-ctx.Done():
		return ctx.Err()
	}
	c, err := f.startServer(ctx, id, port)
	if err != nil {
		return fmt.Errorf("start the API server of instance %s: %w", id, err)
	}
	if err := c.openEdge(ctx, f); err != nil { // without f's lock: the sandbox may hold its own while it waits for that
		return errors.Join(fmt.Errorf("open the edge clusters of instance %s: %w", id, err), c.Stop())
	}
	f.mu.Lock()
	if ctx.Err() == nil {
		f.running[id] = c
		f.mu.Unlock()
		return nil
	}
	f.mu.Unlock() // the sandbox ends, or the instance was removed meanwhile
	return errors.Join(ctx.Err(), c.Stop())
}

// url is the address of an API server or gate.
func (f *fleet) url(port int) string {
	host := f.base.Host
	if host == "" {
		host = f.base.Listen.String()
	}
	return "https://" + net.JoinHostPort(host, strconv.Itoa(port))
}

// close ends what answers at an instance's address, without waiting for it, and forgets what its API server held.
func (f *fleet) close(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, cancel := f.running[id], f.cancel[id]
	if r == nil && cancel == nil {
		return
	}
	delete(f.running, id)
	delete(f.cancel, id)
	started := func() {}
	if cancel != nil { // what serves already is not concerned
		started = cancel()
	}
	gone := make(chan struct{})
	f.ending[id] = gone
	f.starting.Add(1)
	go func() {
		defer f.starting.Done()
		defer close(gone)
		started()
		if r != nil {
			_ = r.Stop()
		}
		_ = os.RemoveAll(filepath.Join(f.dir, id)) // what is left is in nobody's way
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.ending[id] == gone { // not that of one which came and went since
			delete(f.ending, id)
		}
	}()
}

// wait waits until the API servers that are being started serve, or have failed.
func (f *fleet) wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		f.starting.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stopAll ends everything, the shared API server last.
func (f *fleet) stopAll() error {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.stop()
	f.starting.Wait()
	errs := make(chan error)
	for _, r := range f.running {
		go func() { errs <- r.Stop() }()
	}
	var all []error
	for range f.running {
		all = append(all, <-errs)
	}
	if f.shared != nil {
		all = append(all, f.shared.Stop())
	}
	return errors.Join(all...)
}

// ports gives out those of API servers and gates: free ones, or in order after the one of the sandbox where that was
// asked for by its number.
type ports struct {
	mu   sync.Mutex
	last int // 0 for free ones
}

// next is the port in an address, or the next one.
func (p *ports) next(address string) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if address != "" {
		u, err := url.Parse(address)
		if err != nil {
			return 0, err
		}
		port, err := strconv.Atoi(u.Port())
		if err == nil && p.last != 0 {
			p.last = max(p.last, port)
		}
		return port, err
	}
	if p.last == 0 {
		return 0, nil
	}
	p.last++
	return p.last, nil
}
