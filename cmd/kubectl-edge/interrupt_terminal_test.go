//go:build unix

package main

import (
	"syscall"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/signin"
)

// signedIn is a person whose session has to be renewed, and a provider with that fault.
func signedIn(t *testing.T, fault sandbox.Fault) *person {
	t.Helper()
	p := newPerson(t)
	r := p.onTerminal("kubectl-edge", "login", "--no-browser")
	r.sees("press Enter:")
	back, err := signin.SignIn(t.Context(), p.client, r.address(), sandbox.AdminUser, sandbox.AdminPassword, true)
	if err != nil {
		t.Fatal(err)
	}
	r.types(back.String() + enter)
	r.sees("Logged in as ")
	if code := r.ends(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, r.all.String())
	}
	p.sandbox.RefuseAccessTokens(sandbox.AdminUser)
	fault.Path = "/oauth/v2/token"
	if err := p.sandbox.Inject(fault); err != nil {
		t.Fatal(err)
	}
	return p
}

const saving = "Saving the renewed session before the end; Ctrl-C again leaves without it"

// Ctrl-C while the session is renewed lets that be saved, since what it was renewed with can be used only once.
func TestRenewalIsSavedAfterCtrlC(t *testing.T) {
	p := signedIn(t, sandbox.Fault{Delay: sandbox.Duration(time.Hour)})
	r := p.onTerminal("kubectl-edge", "project", "list")
	r.sees("waiting for localhost")
	r.types(ctrlC)
	r.sees(saving)
	p.sandbox.ClearFaults() // which has the answer come
	if code := r.ends(); code != 130 {
		t.Errorf("exit code %d:\n%q", code, r.all.String())
	}
	if code, _, stderr := p.exec(nil, "kubectl-edge", "project", "list"); code != 0 || stderr != "" {
		t.Errorf("after it: exit code %d, %s", code, stderr)
	}
}

// A second Ctrl-C leaves without that.
func TestSecondCtrlCLeaves(t *testing.T) {
	p := signedIn(t, sandbox.Fault{Preset: "hang"})
	r := p.onTerminal("kubectl-edge", "project", "list")
	r.sees("waiting for localhost")
	r.types(ctrlC)
	r.sees(saving)
	ended := make(chan struct{})
	go func() { // as somebody who presses it until something happens
		for tick := time.Tick(50 * time.Millisecond); ; {
			select {
			case <-tick:
				_, _ = r.file.WriteString(ctrlC)
			case <-ended:
				return
			}
		}
	}()
	r.ends()
	close(ended)
	if status := r.cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGINT {
		t.Errorf("it ended with %v:\n%q", r.cmd.ProcessState, r.all.String())
	}
}
