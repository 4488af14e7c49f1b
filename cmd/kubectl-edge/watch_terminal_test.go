//go:build unix

package main

import (
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// A person watches instances change, through a gateway that is away for a moment, and ends that with Ctrl-C.
func TestInstanceListWatches(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	r := p.onTerminal("kubectl-edge", "instance", "list", "--watch", "--project-id", sandbox.ProjectID)
	r.sees("plant-3714d85")
	r.sees("reconciling")
	p.sandbox.AddInstance(sandbox.Instance{ID: "press-3714d85", DisplayName: "press"})
	r.sees("press-3714d85")
	if err := p.sandbox.Inject(sandbox.Fault{Preset: "bad-gateway", Path: "/edge/*/*/*/*/*/instances"}); err != nil {
		t.Fatal(err)
	}
	r.sees("warning: ")
	r.sees("; asking again")
	p.sandbox.ClearFaults()
	p.sandbox.SetInstance(sandbox.ReconcilingID, func(i *sandbox.Instance) { i.Status = sandbox.StatusActive })
	r.sees("plant-3714d85")
	r.sees("active")
	r.types(ctrlC)
	if code := r.ends(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	shown := r.all.String()
	for text, times := range map[string]int{"NAME": 1, "demo-3714d85 ": 1, "press-3714d85 ": 1, "plant-3714d85 ": 2,
		"error: ": 0, "interrupted": 0} {
		if got := strings.Count(shown, text); got != times {
			t.Errorf("%q is shown %d times, want %d:\n%s", text, got, times, shown)
		}
	}
}
