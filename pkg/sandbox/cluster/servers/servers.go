// Package servers runs the server programs of a sandbox, such as etcd and kube-apiserver.
package servers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/process"
)

const (
	stopGrace    = 2 * time.Second
	pollInterval = 25 * time.Millisecond
)

// Group is a number of servers that have their working directory in common.
type Group struct {
	programs, dir string

	mu      sync.Mutex
	started []*Server
}

// NewGroup makes one of the programs in a folder. The servers work in the folder dir.
func NewGroup(programs, dir string) *Group { return &Group{programs: programs, dir: dir} }

// Server is a started program.
type Server struct {
	*process.Process
	name, log string
}

// Start starts a program, which writes into a log, a path in the working directory.
func (g *Group) Start(name, log string, args []string) (*Server, error) {
	program, err := filepath.Abs(filepath.Join(g.programs, name))
	if err != nil {
		return nil, err
	}
	log = filepath.Join(g.dir, log)
	f, err := os.OpenFile(log, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cmd := exec.Command(program, args...)
	cmd.Dir = g.dir // names of sockets are relative: they may have 100 characters or so
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + g.dir}
	cmd.Stdout, cmd.Stderr = f, f
	p, err := process.Start(cmd, true)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	s := &Server{Process: p, name: name, log: log}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.started = append(g.started, s)
	return s, nil
}

// Stop ends all servers, the last one first, and waits for their end.
func (g *Group) Stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range slices.Backward(g.started) {
		s.Stop()
	}
	g.started = nil
}

// Stop ends a server, and waits for its end.
func (s *Server) Stop() { s.Process.Stop(stopGrace) }

// Await polls until ready returns nil. It fails at once, with the end of the server's log, when the server ends.
func (s *Server) Await(ctx context.Context, ready func(context.Context) error) error {
	for {
		last := ready(ctx)
		if last == nil {
			return nil
		}
		select {
		case <-s.Done():
			return fmt.Errorf("%s ended (%v); the end of its log:\n%s", s.name, s.Wait(), tail(s.log))
		case <-ctx.Done():
			return fmt.Errorf("%s: %w (%w); the end of its log:\n%s", s.name, context.Cause(ctx), last, tail(s.log))
		case <-time.After(pollInterval):
		}
	}
}

// tail returns the last kilobytes of a log.
func tail(path string) string {
	const size = 4 << 10
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(data[max(0, len(data)-size):])
}
