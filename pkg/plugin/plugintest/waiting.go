//go:build unix

package plugintest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/creack/pty"
	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// Slow stands before a server, and keeps those waiting who ask for the paths that Holds says.
type Slow struct {
	Next http.Handler

	mu    sync.Mutex
	holds func(path string) bool
	half  bool
	who   string
	asked chan<- string
	ended <-chan struct{}
}

// hold has the server hold requests from now on, until ended is closed: before the answer's first byte, or, with half,
// in the middle of its body. The paths that are asked for by the build who go to asked: what a process asked that was
// interrupted may arrive only when the next one runs.
func (s *Slow) hold(holds func(path string) bool, half bool, ended <-chan struct{}, who string, asked chan<- string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holds, s.half, s.ended, s.who, s.asked = holds, half, ended, who, asked
}

func (s *Slow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	holds, half, ended, who, asked := s.holds, s.half, s.ended, s.who, s.asked
	s.mu.Unlock()
	if holds == nil || !holds(r.URL.Path) {
		s.Next.ServeHTTP(w, r)
		return
	}
	_, _ = io.Copy(io.Discard, r.Body) // a server notices that a client has gone only once it has the whole body
	if half {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token": "`)
		_ = http.NewResponseController(w).Flush()
	}
	if strings.HasSuffix(r.UserAgent(), "/"+who) {
		select {
		case asked <- r.URL.Path:
		default: // it has asked before
		}
	}
	select {
	case <-r.Context().Done():
	case <-ended:
	}
	panic(http.ErrAbortHandler)
}

// Wait is a way to keep a command waiting.
type Wait struct {
	Holds func(path string) bool // nil: every path
	Half  bool                   // the answer begins
	// Skipped are further commands that are not run, and why.
	Skipped map[string]string
}

// Waits is a plugin whose server keeps its commands waiting.
type Waits struct {
	Server *Slow
	Grow   func(plugin.Process) plugin.Tree
	// Values are those of flags, by name, that a command is given if it has them; that of "" is an argument.
	Values map[string]string
	// Calls are the arguments of commands, by their words, that need others.
	Calls map[string][]string
	// Skipped are the commands that are not run, and why.
	Skipped map[string]string
	// Keeps are the commands that print what they know when they are interrupted, and what that is.
	Keeps map[string]string
}

// Walk runs every command of a plugin at a terminal while the server keeps it waiting, and checks that each command
// which asks the server says so there, and that an interruption ends it with nothing else said. It returns the words of
// the commands that asked, and of those that did not. A command that comes to be is walked, too.
func (w Waits) Walk(t *testing.T, process plugin.Process, wait Wait) (asking, quiet []string) {
	t.Helper()
	ended := make(chan struct{})
	defer close(ended)
	holds := wait.Holds
	if holds == nil {
		holds = func(string) bool { return true }
	}
	type call struct {
		args  []string
		keeps bool
	}
	var calls []call
	for i, leaf := range leaves(w.Grow(process).Command) {
		words := wordsOf(leaf)
		if w.Skipped[words] != "" || wait.Skipped[words] != "" {
			continue
		}
		asks := false
		for j, args := range w.calledAs(leaf, words) {
			asked := make(chan string, 1)
			process.Build.Version = fmt.Sprintf("call-%d-%d", i, j)
			w.Server.hold(holds, wait.Half, ended, process.Build.Version, asked)
			r := start(t, process, w.Grow, args)
			select {
			case <-asked:
				asks = true
				calls = append(calls, call{args, w.Keeps[words] != ""})
				r.interrupted(w.Keeps[words] != "")
			case <-r.end:
			}
			r.close()
		}
		if asks {
			asking = append(asking, words)
		} else {
			quiet = append(quiet, words)
		}
	}
	w.Server.hold(holds, wait.Half, ended, "", nil)
	var group sync.WaitGroup
	for _, c := range calls {
		group.Go(func() {
			r := start(t, process, w.Grow, c.args)
			defer r.close()
			r.says(seconds)
			r.interrupted(c.keeps)
		})
	}
	group.Wait()
	w.Server.hold(nil, false, nil, "", nil)
	return asking, quiet
}

func (w Waits) calledAs(c *cobra.Command, words string) [][]string {
	if args, ok := w.Calls[words]; ok {
		return [][]string{append(strings.Fields(words), args...)}
	}
	return calledAs(c, strings.Fields(words), w.Values)
}

// atTerminal is a command that runs at a terminal in this process.
type atTerminal struct {
	t      *testing.T
	args   []string
	cancel context.CancelFunc
	end    chan struct{}
	code   int
	out    bytes.Buffer

	files  []*os.File
	more   chan struct{} // something was shown
	gone   chan struct{} // and all
	mu     sync.Mutex
	screen strings.Builder
}

func start(t *testing.T, process plugin.Process, grow func(plugin.Process) plugin.Tree, args []string) *atTerminal {
	t.Helper()
	screen, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := &atTerminal{t: t, args: args, cancel: cancel, end: make(chan struct{}), more: make(chan struct{}, 1),
		gone: make(chan struct{}), files: []*os.File{screen, terminal}}
	go func() {
		defer close(r.gone)
		data := make([]byte, 4096)
		for {
			n, err := screen.Read(data)
			r.mu.Lock()
			r.screen.Write(data[:n])
			r.mu.Unlock()
			select {
			case r.more <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	}()
	process.In = strings.NewReader("")
	process.Out, process.ErrOut = plugin.NewStream(&r.out), plugin.NewStream(terminal)
	go func() {
		defer close(r.end)
		r.code = plugin.Run(ctx, process, grow(process), args)
	}()
	return r
}

func (r *atTerminal) shown() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.screen.String()
}

// mark is written behind all that the command has written: what a terminal still has when it is closed can be lost.
const mark = "\x00end"

// whole is all that is shown once the command has ended.
func (r *atTerminal) whole() string {
	if _, err := io.WriteString(r.files[1], mark); err != nil {
		r.t.Error(err)
		return r.shown()
	}
	for {
		if shown, ended := strings.CutSuffix(r.shown(), mark); ended {
			return shown
		}
		select {
		case <-r.more:
		case <-r.gone:
			return r.shown()
		}
	}
}

// seconds end what is said of a wait: for how long it has been.
var seconds = regexp.MustCompile(`\([1-9][0-9]*s\)`)

// says waits until the text is shown.
func (r *atTerminal) says(text *regexp.Regexp) {
	for !text.MatchString(r.shown()) {
		select {
		case <-r.more:
		case <-r.end:
			if !text.MatchString(r.shown()) {
				r.t.Errorf("%q ended without a word of what it waited for: %q", r.args, r.shown())
			}
			return
		}
	}
}

// cleared is what a terminal shows no longer.
var cleared = regexp.MustCompile(`[^\r\n]*\r\x1b\[K`)

// interrupted ends the command as Ctrl-C does. It prints what it knows if it keeps that, and nothing otherwise.
func (r *atTerminal) interrupted(keeps bool) {
	r.cancel()
	<-r.end
	shown := cleared.ReplaceAllString(r.whole(), "")
	if r.code != plugin.ExitInterrupted || !strings.HasSuffix(shown, "interrupted\r\n") ||
		strings.Contains(shown, "error: ") || strings.Contains(shown, "hint: ") {
		r.t.Errorf("%q: interrupted, it ends with code %d and %q", r.args, r.code, shown)
	}
	if keeps != (r.out.Len() > 0) {
		r.t.Errorf("%q: interrupted, it has printed %q", r.args, r.out.String())
	}
}

func (r *atTerminal) close() {
	r.cancel()
	<-r.end
	for _, f := range r.files {
		_ = f.Close()
	}
	<-r.gone
}
