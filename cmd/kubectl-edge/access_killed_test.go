//go:build system && linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-edge/kubectl-edge/pkg/clusteraccess/accesstest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
)

// steps counts the requests of a mint of any kind, and has something happen at one of them.
type steps struct {
	mu   sync.Mutex
	n    int
	at   func(step int, answered bool) (drop bool) // nil is nothing
	busy sync.WaitGroup                            // answers under way
}

// begin counts from one again, and returns how many requests there were.
func (s *steps) begin(at func(int, bool) bool) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, s.n, s.at = s.n, 0, at
	return n
}

// comes is that a request has come, or that it has been answered, of which the client has not heard yet. It reports
// whether the client is never to hear of it.
func (s *steps) comes(step int, answered bool) (n int, drop bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !answered {
		s.n++
		step = s.n
	}
	return step, s.at != nil && s.at(step, answered)
}

// around is a server whose requests are counted.
func (s *steps) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.busy.Add(1)
		defer s.busy.Done()
		step, drop := s.comes(0, false)
		if drop {
			panic(http.ErrAbortHandler)
		}
		heard := &held{ResponseWriter: w}
		next.ServeHTTP(heard, r)
		if _, drop := s.comes(step, true); drop {
			panic(http.ErrAbortHandler)
		}
		heard.release()
	})
}

// held is an answer that is kept until it is released.
type held struct {
	http.ResponseWriter
	code int
	body bytes.Buffer
}

func (h *held) WriteHeader(code int) { h.code = code }

func (h *held) Write(data []byte) (int, error) { return h.body.Write(data) }

// release lets the client have the answer.
func (h *held) release() {
	if h.code != 0 {
		h.ResponseWriter.WriteHeader(h.code)
	}
	_, _ = h.ResponseWriter.Write(h.body.Bytes())
}

// Who is killed.
const (
	everybody = "the helper and the process that it started"
	onlyHim   = "the helper alone"
	onlyChild = "the process that it started"
)

// killed is a script's command of TestAccess: killed ARGUMENT… kills the helper with these arguments at each request
// that its mint sends, before and after that is answered, and the process in which it uses the administrator's key.
// Whenever that is, the key is on no disk, and the next call works. At the end no request for a certificate is left
// that is older than two minutes, by the API server's clock.
func killed(t *testing.T, world *accesstest.World, running *clustertest.Running, s *steps,
) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		front, edge := world.Front(t, 0, s.around), world.Front(t, 0, s.around)
		world.Secret(t, world.Kubeconfig(t, edge.Use))
		var server string
		var authority []byte
		running.Sandbox.SetInstance(sandbox.InstanceID, func(i *sandbox.Instance) {
			server, authority = i.Server, i.ServerCA
			i.Server, i.ServerCA = front.URL, front.CA
		})
		defer running.Sandbox.SetInstance(sandbox.InstanceID, func(i *sandbox.Instance) {
			i.Server, i.ServerCA = server, authority
		})
		h := &hunt{ts: ts, steps: s, args: args, needles: needles(world.Config.KeyData)}
		rounds, most := 0, 0
		for _, who := range []string{everybody, onlyHim, onlyChild} {
			for _, answered := range []bool{false, true} {
				if who != everybody && !answered {
					continue // what has been answered, and not heard, is what is new
				}
				for step := 1; ; step++ {
					killed, over, err := h.round(who, step, answered)
					switch {
					case err != nil:
						ts.Fatalf("killing %s at request %d (answered: %v): %v", who, step, answered, err)
					case killed:
						rounds, most = rounds+1, max(most, step)
					}
					if over {
						break
					}
				}
			}
		}
		ts.Logf("%d kills at %d requests", rounds, most)
		if most < 8 {
			ts.Fatalf("a mint of %d requests is none", most)
		}
		left := leftRequests(t, world)
		if left == 0 {
			ts.Fatalf("no kill has left a request for a certificate behind: nothing has been proved")
		}
		later := world.Front(t, 3*time.Minute, nil)
		world.Secret(t, world.Kubeconfig(t, later.Use))
		h.forget()
		if _, err := h.call(); err != nil {
			ts.Fatalf("three minutes later: %v", err)
		}
		if after := leftRequests(t, world); after != 0 {
			ts.Fatalf("of %d requests for a certificate, %d are left after the next mint", left, after)
		}
	}
}

func leftRequests(t *testing.T, world *accesstest.World) int {
	t.Helper()
	list, err := world.Admin.CertificatesV1().CertificateSigningRequests().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return len(list.Items)
}

// hunt kills the helper again and again.
type hunt struct {
	ts      *testscript.TestScript
	steps   *steps
	args    []string
	needles map[string][]byte
}

// round is one call that is killed at the request, and the next one. It is over when a mint has fewer requests. Those
// to STACKIT are not seen when they are answered, and some are sent before there is another process.
func (h *hunt) round(who string, step int, answered bool) (killed, over bool, err error) {
	h.forget()
	cmd, out, stderr := h.command()
	started := make(chan struct{})
	h.steps.begin(func(n int, a bool) bool {
		<-started
		if killed || n != step || a != answered {
			return false
		}
		var drop bool
		killed, drop = kill(cmd.Process.Pid, who)
		return drop
	})
	err = cmd.Start()
	close(started)
	if err != nil {
		return false, false, err
	}
	_ = cmd.Wait() // also for the other process, which has the same stderr
	h.steps.busy.Wait()
	over = h.steps.begin(nil) < step
	if !killed {
		return false, over, nil
	}
	if err := h.search(); err != nil {
		return true, over, err
	}
	first := fmt.Sprintf("%s%s", out, stderr)
	if _, err := h.call(); err != nil {
		return true, over, fmt.Errorf("the next call: %w; the one that was killed said: %s", err, first)
	}
	return true, over, h.search()
}

// kill kills with SIGKILL. Dead is that nobody hears the answer any more.
func kill(pid int, who string) (killed, dead bool) {
	child := childOf(pid)
	switch {
	case who == everybody:
		return true, syscall.Kill(-pid, syscall.SIGKILL) == nil
	case child == 0: // the same as everybody
		return false, false
	case who == onlyChild:
		return true, syscall.Kill(child, syscall.SIGKILL) == nil
	}
	return syscall.Kill(pid, syscall.SIGKILL) == nil, false
}

// childOf is a process whose parent is the process, or 0.
func childOf(parent int) int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:])) // state, parent, …
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) && fields[0] != "Z" {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			return pid
		}
	}
	return 0
}

// command is a call of the helper, in a process group of its own.
func (h *hunt) command() (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	cmd = exec.Command("kubectl-edge_credential", h.args...)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.Env = os.Environ()
	for _, name := range homeVariables {
		cmd.Env = append(cmd.Env, name+"="+h.ts.Getenv(name))
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd, stdout, stderr
}

// call is one that has to answer with a certificate.
func (h *hunt) call() (answer string, err error) {
	cmd, stdout, stderr := h.command()
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%w: %s", err, stderr)
	}
	if !strings.Contains(stdout.String(), "clientKeyData") {
		return "", fmt.Errorf("no certificate: %s%s", stdout, stderr)
	}
	return stdout.String(), nil
}

// forget empties the cache.
func (h *hunt) forget() {
	h.ts.Check(os.RemoveAll(filepath.Join(h.ts.Getenv("XDG_RUNTIME_DIR"), "kubectl-edge", "tokens")))
}

// search looks for the administrator's key in all files.
func (h *hunt) search() error {
	for _, root := range []string{h.ts.Getenv("WORK"), h.ts.Getenv("XDG_RUNTIME_DIR")} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(path)
			for form, needle := range h.needles {
				if bytes.Contains(data, needle) {
					return errors.Join(err, fmt.Errorf("the administrator's key (%s) is in %s", form, path))
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
