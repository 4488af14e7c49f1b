package stackit

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
)

// sleepAdvances makes each pause advance the sandbox's clock by d instead.
func (w *world) sleepAdvances(d time.Duration) {
	w.sleep = func(ctx context.Context, pause time.Duration) error {
		w.pauses = append(w.pauses, pause)
		w.Advance(d)
		return ctx.Err()
	}
}

func (w *world) waitActive(ctx context.Context) (Instance, error) {
	return w.WaitActive(ctx, sandbox.ProjectID, sandbox.Region, sandbox.ReconcilingID, nil)
}

func TestWaitActiveEndsAtOnce(t *testing.T) {
	w := newWorld(t, sandbox.ReaderServiceAccount)
	for _, status := range []string{StatusError, StatusDeleting} {
		w.SetInstance(sandbox.ReconcilingID, func(i *sandbox.Instance) { i.Status = status })
		_, err := w.waitActive(t.Context())
		var notReady *NotReadyError
		if !errors.As(err, &notReady) || notReady.Instance.Status != status || len(w.pauses) != 0 {
			t.Errorf("%s: got %v after %v", status, err, w.pauses)
		}
	}
	for name, f := range map[string]sandbox.Fault{
		"404": {Preset: "not-found"}, "403": {Preset: "forbidden"}, "401": {Preset: "unknown-key"},
		"500": {Preset: "internal-error"}, "html": {Preset: "html"},
	} {
		w.ClearFaults()
		w.fail(t, f)
		if i, err := w.waitActive(t.Context()); err == nil || i.Id != "" || len(w.pauses) != 0 {
			t.Errorf("%s: got %+v, %v after %v", name, i, err, w.pauses)
		}
	}
}

// A burst of gateway errors is outlived, and never taken for the end.
func TestWaitActiveThroughBursts(t *testing.T) {
	outliveBursts(t, newWorld(t, sandbox.ReaderServiceAccount))
}

// Without HTTP/2 it is the connection that ends, rather than a stream.
func TestWaitActiveThroughBurstsOfHTTP1(t *testing.T) {
	s, _ := sandboxtest.Start(t)
	outliveBursts(t, newWorldOf(t, s, sandbox.ReaderServiceAccount))
}

func outliveBursts(t *testing.T, w *world) {
	t.Helper()
	for _, preset := range []string{"bad-gateway", "unavailable", "gateway-timeout", "too-many-requests", "cut",
		"cut-body"} {
		t.Run(preset, func(t *testing.T) {
			w.reset()
			w.SetInstance(sandbox.ReconcilingID, func(i *sandbox.Instance) {
				i.Status,
					i.ReadyAfterPolls = StatusReconciling, 1
			})
			w.fail(t, sandbox.Fault{Preset: preset, Times: maxFailures - 1})
			i, err := w.waitActive(t.Context())
			if err != nil || i.Status != StatusActive {
				t.Errorf("got %+v, %v", i, err)
			}
		})
	}
}

func TestWaitActiveGivesUp(t *testing.T) {
	w := newWorld(t, sandbox.ReaderServiceAccount)
	w.fail(t, sandbox.Fault{Preset: "bad-gateway"})
	_, err := w.waitActive(t.Context())
	if n := w.requests("GET", "/instances/"+sandbox.ReconcilingID); !hasStatus(err, 502) || n != maxFailures {
		t.Errorf("got %v after %d polls, want 502 after %d", err, n, maxFailures)
	}
}

func TestWaitPauses(t *testing.T) {
	w := newWorld(t, sandbox.ReaderServiceAccount)
	ctx, cancel := context.WithCancel(t.Context())
	w.sleep = func(ctx context.Context, d time.Duration) error {
		if w.pauses = append(w.pauses, d); len(w.pauses) == 8 {
			cancel()
		}
		return ctx.Err()
	}
	_, err := w.waitActive(ctx)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "last seen reconciling") {
		t.Errorf("got %v", err)
	}
	if first, last := w.pauses[0], w.pauses[7]; first != polls.Duration || last != maxPoll {
		t.Errorf("pauses %v, want %v to %v", w.pauses, polls.Duration, maxPoll)
	}
}

func TestWaitUntilDeadline(t *testing.T) {
	w := newWorld(t, sandbox.ReaderServiceAccount)
	w.sleep = sleep // the real one
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := w.waitActive(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestWaitDeleted(t *testing.T) {
	w := newWorld(t, sandbox.ReaderServiceAccount)
	for _, f := range []sandbox.Fault{{Preset: "forbidden"}, {Preset: "not-found-empty"}, {Status: 410}} {
		w.reset()
		f.After = 1
		w.fail(t, f)
		if err := w.WaitDeleted(t.Context(), sandbox.ProjectID, sandbox.Region, sandbox.InstanceID, nil); err != nil ||
			len(w.pauses) != 1 {
			t.Errorf("%+v: got %v after %v", f, err, w.pauses)
		}
	}
	w.reset()
	w.fail(t, sandbox.Fault{Preset: "internal-error"})
	if err := w.WaitDeleted(t.Context(), sandbox.ProjectID, sandbox.Region, sandbox.InstanceID, nil); !hasStatus(err,
		500) {
		t.Errorf("500: got %v", err)
	}
}
