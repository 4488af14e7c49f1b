//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// terminal is a command that runs on one.
type terminal struct {
	t      *testing.T
	cmd    *exec.Cmd
	file   *os.File
	output chan []byte
	seen   bytes.Buffer
}

func (p *person) onTerminal(command ...string) *terminal {
	p.t.Helper()
	r := &terminal{t: p.t, cmd: exec.CommandContext(p.t.Context(), command[0], command[1:]...), output: make(chan []byte, 1024)}
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
	deadline := time.After(time.Minute)
	for !strings.Contains(r.seen.String(), text) {
		select {
		case data, ok := <-r.output:
			if !ok {
				r.t.Fatalf("it ended without showing %q:\n%s", text, r.seen.String())
			}
			r.seen.Write(data)
		case <-deadline:
			r.t.Fatalf("it does not show %q:\n%q", text, r.seen.String())
		}
	}
	r.seen.Reset()
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
	for data := range r.output {
		r.seen.Write(data)
	}
	_ = r.cmd.Wait()
	return r.cmd.ProcessState.ExitCode()
}

const (
	down  = "\x1b[B"
	enter = "\r"
	ctrlC = "\x03"
)

// A person chooses project and instance from lists, and can use the instance at once.
func TestUseAsks(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	r := p.onTerminal("kubectl-edge", "use")
	r.sees("factory-floor")
	r.types(enter)
	r.sees(sandbox.InstanceID)
	r.types(enter)
	if code := r.ends(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, r.seen.String())
	}
	config, err := clientcmd.LoadFromFile(p.env.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "edge_eu01_" + sandbox.InstanceID; config.CurrentContext != want || config.Contexts[want] == nil {
		t.Errorf("current context %q, want %q", config.CurrentContext, want)
	}
	settings, err := profile.Load(p.dirs())
	if err != nil || settings.Profiles[profile.DefaultName].ProjectID != sandbox.ProjectID {
		t.Errorf("profile %+v, %v; want the project in it", settings.Profiles[profile.DefaultName], err)
	}
}

// Another one than the first, found by typing; and a person who changes their mind.
func TestUseIsAbandoned(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	r := p.onTerminal("kubectl-edge", "use")
	r.sees("YOUR-PROJECT")
	r.types(ctrlC)
	if code := r.ends(); code != 1 || !strings.Contains(r.seen.String(), "nothing was changed") {
		t.Errorf("exit code %d:\n%s", code, r.seen.String())
	}
	if _, err := os.Stat(p.env.Getenv("KUBECONFIG")); !os.IsNotExist(err) {
		t.Errorf("there is a kubeconfig: %v", err)
	}

	r = p.onTerminal("kubectl-edge", "use")
	r.sees("factory-floor")
	r.types(down + enter)
	if code := r.ends(); code != 1 || !strings.Contains(r.seen.String(), "no instances in project") {
		t.Errorf("exit code %d:\n%s", code, r.seen.String())
	}
}
