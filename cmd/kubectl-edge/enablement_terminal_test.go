//go:build unix

package main

import (
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// On a terminal, a person is asked whether Edge Cloud is to be enabled in a project that has not done so.
func TestInstanceCreateAsksToEnable(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	p.sandbox.SetService(sandbox.ProjectID, "eu01", sandbox.EdgeService, sandbox.ServiceUnknown)
	create := []string{"kubectl-edge", "instance", "create", "--name", "mill", "--plan-id",
		"5c3f0b2e-1d7a-4c7e-9c55-0f6a8a1b2c3d", "--no-wait", "--project-id", sandbox.ProjectID}
	question := "project " + sandbox.ProjectID + " has not enabled Edge Cloud in region eu01. Enable it? [y/N] "

	r := p.onTerminal(create...)
	r.sees("Create instance")
	r.types("y" + enter)
	r.sees(question)
	r.types("n" + enter)
	if code := r.ends(); code != 1 || strings.Contains(r.all.String(), "Enabled Edge Cloud") {
		t.Errorf("declined: exit code %d:\n%s", code, r.all.String())
	}

	r = p.onTerminal(create...)
	r.sees("Create instance")
	r.types("y" + enter)
	r.sees(question) // so nothing was enabled before
	r.types("y" + enter)
	r.sees("Enabled Edge Cloud in project " + sandbox.ProjectID)
	r.sees(`Instance "mill" is being created.`)
	if code := r.ends(); code != 0 {
		t.Errorf("agreed: exit code %d:\n%s", code, r.all.String())
	}
}
