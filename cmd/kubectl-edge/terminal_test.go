//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

const (
	enter = "\r"
	ctrlC = "\x03"
)

// terminal is a command that runs on one.
type terminal struct {
	t      *testing.T
	cmd    *exec.Cmd
	file   *os.File
	output chan []byte
	all    bytes.Buffer // that it has shown
	from   int          // where in that the next sees begins
}

func (p *person) onTerminal(command ...string) *terminal {
	p.t.Helper()
	r := &terminal{t: p.t, cmd: exec.CommandContext(p.t.Context(), command[0], command[1:]...),
		output: make(chan []byte, 1024)}
	r.cmd.Env = append(p.env.Vars, "TERM=xterm-256color")
	r.cmd.Dir = p.env.WorkDir
	file, err := pty.StartWithSize(r.cmd, &pty.Winsize{Rows: 40, Cols: 120})
	if err != nil {
		p.t.Fatal(err)
	}
	r.file = file
	p.t.Cleanup(func() { _ = file.Close() })
	go func() {
		defer close(r.output)
		for {
			data := make([]byte, 4096)
			n, err := file.Read(data)
			if err != nil {
				return // the other side is closed
			}
			r.output <- data[:n]
		}
	}()
	return r
}

// sees waits until the terminal has shown text since the last call.
func (r *terminal) sees(text string) {
	r.t.Helper()
	for deadline := time.After(time.Minute); ; {
		if at := strings.Index(r.all.String()[r.from:], text); at >= 0 {
			r.from += at + len(text)
			return
		}
		select {
		case data, ok := <-r.output:
			if !ok {
				r.t.Fatalf("it ended without showing %q:\n%s", text, r.all.String())
			}
			r.all.Write(data)
		case <-deadline:
			r.t.Fatalf("it does not show %q:\n%q", text, r.all.String())
		}
	}
}

// address is the first one that it has shown.
func (r *terminal) address() string {
	r.t.Helper()
	address := regexp.MustCompile(`https://\S+`).FindString(r.all.String())
	if address == "" {
		r.t.Fatalf("it shows no address:\n%s", r.all.String())
	}
	return address
}

func (r *terminal) types(keys string) {
	r.t.Helper()
	if _, err := r.file.WriteString(keys); err != nil {
		r.t.Fatal(err)
	}
}

// ends waits for the end, and returns the exit code.
func (r *terminal) ends() int {
	r.t.Helper()
	for deadline := time.After(2 * time.Minute); ; {
		select {
		case data, ok := <-r.output:
			if !ok {
				_ = r.cmd.Wait()
				return r.cmd.ProcessState.ExitCode()
			}
			r.all.Write(data)
		case <-deadline:
			_ = r.cmd.Process.Kill()
			r.t.Fatalf("it does not end:\n%q", r.all.String())
		}
	}
}
