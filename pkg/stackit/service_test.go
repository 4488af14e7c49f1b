package stackit

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func TestEdgeService(t *testing.T) {
	w := newWorld(t, sandbox.AdminServiceAccount)
	state := func(project string) (string, error) { return w.EdgeService(t.Context(), project, sandbox.Region) }
	if got, err := state(sandbox.ProjectID); err != nil || got != ServiceEnabled {
		t.Errorf("got %q, %v", got, err)
	}
	for _, want := range []string{ServiceDisabled, ServiceDisabling, ServiceEnabling, "PAUSED"} {
		w.SetService(sandbox.ProjectID, sandbox.Region, sandbox.EdgeService, want)
		if got, err := state(sandbox.ProjectID); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	w.SetService(sandbox.ProjectID, sandbox.Region, sandbox.EdgeService, sandbox.ServiceUnknown) // never enabled: 404
	if got, err := state(sandbox.ProjectID); err != nil || got != ServiceDisabled {
		t.Errorf("got %q, %v, want %q", got, err, ServiceDisabled)
	}
	w.fail(t, sandbox.Fault{Preset: "forbidden"})
	if _, err := state(sandbox.ProjectID); !hasStatus(err, 403) || hint.Of(err) == "" {
		t.Errorf("got %v (hint %q)", err, hint.Of(err))
	}
	w.ClearFaults()
	w.fail(t, sandbox.Fault{Preset: "html"})
	if _, err := state(sandbox.ProjectID); err == nil || !strings.Contains(err.Error(), "text/html instead of JSON") {
		t.Errorf("got %v", err)
	}
	w.ClearFaults()
	if _, err := state("../x"); err == nil {
		t.Error("a path for a project")
	}
	c := New(w.http, Endpoints{}, w.tokens)
	if _, err := c.EdgeService(t.Context(), sandbox.ProjectID, sandbox.Region); !errors.Is(err,
		errNoServiceEnablement) {
		t.Errorf("without an endpoint: %v", err)
	}
}

func TestEnableEdgeService(t *testing.T) {
	w := newWorld(t, sandbox.AdminServiceAccount)
	w.sleepAdvances(30 * time.Second)
	w.SetService(sandbox.ProjectID, sandbox.Region, sandbox.EdgeService, sandbox.ServiceUnknown)
	w.Configure(func(s *sandbox.Settings) { s.EnablementTime = sandbox.Duration(time.Minute) })
	var seen []string
	err := w.EnableEdgeService(t.Context(), sandbox.ProjectID, sandbox.Region,
		func(state string) { seen = append(seen, state) })
	if err != nil || len(seen) < 2 || slices.ContainsFunc(seen, func(s string) bool { return s != ServiceEnabling }) {
		t.Errorf("got %v after %q", err, seen)
	}
	if got, err := w.EdgeService(t.Context(), sandbox.ProjectID, sandbox.Region); err != nil || got != ServiceEnabled {
		t.Errorf("got %q, %v", got, err)
	}
	w.sleepAdvances(0)
	w.SetService(sandbox.ProjectID, sandbox.Region, sandbox.EdgeService, sandbox.ServiceUnknown)
	err = w.EnableEdgeService(t.Context(), sandbox.ProjectID, sandbox.Region, func(string) {})
	if err == nil || !strings.Contains(err.Error(), "it is ENABLING after 10m0s") {
		t.Errorf("got %v", err)
	}
}
