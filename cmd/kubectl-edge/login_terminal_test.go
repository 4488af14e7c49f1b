//go:build unix

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/signin"
)

// A person whose browser is elsewhere pastes what it ends up with; status then shows them what they have.
func TestLoginOnTerminal(t *testing.T) {
	p := newPerson(t)
	r := p.onTerminal("kubectl-edge", "login", "--no-browser")
	r.sees("press Enter:")
	back, err := signin.SignIn(t.Context(), p.client, r.address(), sandbox.AdminUser, sandbox.AdminPassword, true)
	if err != nil {
		t.Fatal(err)
	}
	r.types(back.String() + enter)
	r.sees("Logged in as " + sandbox.AdminUser)
	if code := r.ends(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, r.all.String())
	}
	if opened := p.browsers(); opened != "" {
		t.Errorf("a browser was opened: %s", opened)
	}

	if code, _, stderr := p.exec(nil, "kubectl-edge_credential", "--project-id="+sandbox.ProjectID,
		"--instance-id="+sandbox.InstanceID); code != 0 {
		t.Fatal(stderr)
	}
	r = p.onTerminal("kubectl-edge", "status")
	if code := r.ends(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, r.all.String())
	}
	for _, want := range []string{"Logged in as:", sandbox.AdminUser, "browser, since", sandbox.InstanceID, "█",
		"expires in 1"} {
		if !strings.Contains(r.all.String(), want) {
			t.Errorf("status does not show %q:\n%s", want, r.all.String())
		}
	}
}

// Ctrl-C ends a login at once, wherever it waits for the person, and leaves nothing.
func TestLoginIsInterruptedOnTerminal(t *testing.T) {
	p := newPerson(t)
	for method, waits := range map[string]string{
		"--browser": "Sign in at this address:", "--no-browser": "press Enter:",
		"--device": "Sign in on any device at this address",
	} {
		r := p.onTerminal("kubectl-edge", "login", method)
		r.sees(waits)
		r.types(ctrlC)
		if code := r.ends(); code != 130 || !strings.Contains(r.all.String(), "interrupted") {
			t.Errorf("%s: exit code %d:\n%s", method, code, r.all.String())
		}
		p.wantNobody()
	}
}

// A command that needs a login has a person log in, also where the provider has ended their session, and goes on.
func TestCommandsLogInOnTerminal(t *testing.T) {
	p := newPerson(t)
	p.env.Setenv("SIGN_IN", sandbox.AdminUser+" "+sandbox.AdminPassword)
	list := []string{"kubectl-edge", "instance", "list", "--project-id", sandbox.ProjectID}
	if code, stdout, stderr := p.exec(nil, list...); code != 1 || stdout != "" ||
		!strings.Contains(stderr, "hint: kubectl edge login") || p.browsers() != "" {
		t.Errorf("without a terminal: exit code %d\n%s%s", code, stdout, stderr)
	}
	for i, c := range []struct {
		why     string
		before  func()
		command []string
	}{
		{"nobody is logged in", func() {}, list},
		{"the session has ended", func() {
			p.sandbox.RevokeSessions(sandbox.AdminUser)
			p.sandbox.Advance(time.Hour) // so that it has to be renewed
		}, append(list, "--limit", "1")},
		{"the session has ended", func() { p.sandbox.RevokeSessions(sandbox.AdminUser) },
			[]string{"kubectl-edge", "token", "create", "demo", "--project-id", sandbox.ProjectID}},
	} {
		c.before()
		r := p.onTerminal(c.command...)
		r.sees(c.why)
		r.sees("sign in to go on, or press Ctrl-C to stop")
		if code := r.ends(); code != 0 {
			t.Errorf("%v: exit code %d:\n%s", c.command, code, r.all.String())
		}
		if opened := strings.Count(p.browsers(), "\n"); opened != i+1 {
			t.Errorf("%v: %d browsers were opened, want %d", c.command, opened, i+1)
		}
	}

	logOut := func() {
		if code, _, stderr := p.run("logout"); code != 0 {
			t.Fatal(stderr)
		}
	}
	for _, command := range []string{
		"use demo --project-id " + sandbox.ProjectID, "kubeconfig create demo", "instance describe demo",
		"project list", "instance list --all-projects", "plan list", "ui --print demo", "auth print-access-token",
		"kubeconfig remove --prune --yes",
	} {
		logOut()
		r := p.onTerminal(append([]string{"kubectl-edge"}, strings.Fields(command)...)...)
		r.sees("nobody is logged in: sign in to go on")
		if code := r.ends(); code != 0 {
			t.Errorf("%s: exit code %d:\n%s", command, code, r.all.String())
		}
	}
	for _, command := range []string{"doctor", "whoami", "status", "cache list"} { // which say it, or need nobody
		logOut()
		r := p.onTerminal("kubectl-edge", command)
		r.ends()
		if strings.Contains(r.all.String(), "sign in to go on") {
			t.Errorf("%s:\n%s", command, r.all.String())
		}
	}

	logOut()
	r := p.onTerminal("env", "KUBECONFIG=none", "kubectl-edge", "instance", "list") // of no project
	r.sees("sign in to go on")
	r.sees("Enter: choose")
	r.types(ctrlC)
	if code := r.ends(); code != 130 {
		t.Errorf("without a project: exit code %d:\n%s", code, r.all.String())
	}

	logOut()
	p.env.Setenv("SIGN_IN", "")
	r = p.onTerminal(list...)
	r.sees("press Ctrl-C to stop")
	r.sees("Sign in at this address:")
	r.types(ctrlC)
	if code := r.ends(); code != 130 || !strings.Contains(r.all.String(), "interrupted") {
		t.Errorf("interrupted: exit code %d:\n%s", code, r.all.String())
	}
	p.wantNobody()
}

// The same holds where it reads a key from the terminal.
func TestKeyOnTerminalIsInterrupted(t *testing.T) {
	p := newPerson(t)
	r := p.onTerminal("kubectl-edge", "login", "--service-account-key", "/dev/stdin")
	r.sees("Paste the service account key, then press Enter and Ctrl-D:")
	r.types(ctrlC)
	if code := r.ends(); code != 130 {
		t.Errorf("exit code %d:\n%s", code, r.all.String())
	}
	p.wantNobody()
}
