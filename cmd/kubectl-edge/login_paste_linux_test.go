package main

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/signin"
)

// wantLines checks that the terminal is left as a shell wants it: by lines, and with an echo.
func (r *terminal) wantLines() {
	r.t.Helper()
	state, err := unix.IoctlGetTermios(int(r.file.Fd()), unix.TCGETS)
	if err != nil {
		r.t.Fatal(err)
	}
	if want := uint32(unix.ICANON | unix.ECHO | unix.ISIG); state.Lflag&want != want {
		r.t.Errorf("the terminal is left with the local modes %#x, want %#x among them", state.Lflag, want)
	}
}

// What is pasted may be longer than the 4095 bytes that a terminal keeps of a line.
func TestLongPasteOnTerminal(t *testing.T) {
	p := newPerson(t)
	r := p.onTerminal("kubectl-edge", "login", "--no-browser")
	r.sees("press Enter:")
	back, err := signin.SignIn(t.Context(), p.client, r.address(), sandbox.AdminUser, sandbox.AdminPassword, true)
	if err != nil {
		t.Fatal(err)
	}
	address := back.String()
	at := strings.Index(address, "?") + 1
	r.types(address[:at] + "session_state=" + strings.Repeat("x", 10_000) + "&" + address[at:] + enter)
	r.sees("xxxx") // the person does, too
	r.sees("Logged in as " + sandbox.AdminUser)
	if code := r.ends(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, r.all.String())
	}
	r.wantLines()
}

// However a login that waits for a paste ends, the terminal is as it was.
func TestTerminalIsRestored(t *testing.T) {
	p := newPerson(t)
	for name, tc := range map[string]struct {
		keys string
		code int
	}{
		"Ctrl-C": {ctrlC, 130},
		"Ctrl-D": {"\x04", 1},
	} {
		r := p.onTerminal("kubectl-edge", "login", "--no-browser")
		r.sees("press Enter:")
		r.types(tc.keys)
		if code := r.ends(); code != tc.code {
			t.Errorf("%s: exit code %d, want %d:\n%s", name, code, tc.code, r.all.String())
		}
		r.wantLines()
	}
}

// Ctrl-Z is no key of a prompt: a shell would have the terminal in the prompt's mode.
func TestPasteIsNotStopped(t *testing.T) {
	p := newPerson(t)
	r := p.onTerminal("sh", "-c", `set -m; kubectl-edge login --no-browser; echo "code $?"`)
	r.sees("press Enter:")
	back, err := signin.SignIn(t.Context(), p.client, r.address(), sandbox.AdminUser, sandbox.AdminPassword, true)
	if err != nil {
		t.Fatal(err)
	}
	r.types("\x1a" + back.String() + enter)
	r.sees("code 0")
	r.ends()
	r.wantLines()
}
