package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
)

// TestFleet runs the scripts about many instances, and about kubeconfigs that were not ours, with a sandbox each.
func TestFleet(t *testing.T) {
	p := params(filepath.Join("testdata", "fleet"), func(e *testscript.Env) error {
		requests := &requestLog{}
		s, srv := sandboxtest.Start(e.T().(testing.TB), func(o *sandbox.Options) { o.OnRequest = requests.record })
		return setUp(e, &world{sandbox: s, server: srv, requests: requests})
	})
	p.ContinueOnError = true
	for name, run := range map[string]func(*testscript.TestScript, *world, []string) error{"fleet": fleet, "gone": gone, "embed": embed, "busy": busy, "asked": asked} {
		p.Cmds[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			if neg {
				ts.Fatalf("%s cannot be negated", name)
			}
			ts.Check(run(ts, ts.Value(worldKey{}).(*world), args))
		}
	}
	testscript.Run(t, p)
}

// fleet N adds N active instances, site00 and on.
func fleet(_ *testscript.TestScript, w *world, args []string) error {
	n, err := strconv.Atoi(args[0])
	for i := range n {
		name := fmt.Sprintf("site%02d", i)
		w.sandbox.AddInstance(sandbox.Instance{ID: name + "-3714d85", DisplayName: name})
	}
	return err
}

// gone ID takes an instance away.
func gone(_ *testscript.TestScript, w *world, args []string) error {
	now := w.sandbox.Now()
	if !w.sandbox.SetInstance(args[0], func(i *sandbox.Instance) { i.Status, i.GoneAt = sandbox.StatusDeleting, now }) {
		return fmt.Errorf("no instance %s", args[0])
	}
	return nil
}

// busy PATH SECONDS TIMES has requests refused, as too many, with that Retry-After.
func busy(_ *testscript.TestScript, w *world, args []string) error {
	times, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	return w.sandbox.Inject(sandbox.Fault{Preset: "too-many-requests", Path: args[0], Header: map[string]string{"Retry-After": args[1]}, Times: times})
}

// asked PATH N checks how often this was asked for since the last check of a count.
func asked(_ *testscript.TestScript, w *world, args []string) error {
	if got := strconv.Itoa(w.sandbox.Stats().Paths["GET "+args[0]]); got != args[1] {
		return fmt.Errorf("asked %s times for %s, want %s: %v", got, args[0], args[1], w.sandbox.Stats().Paths)
	}
	return nil
}

// embed FILE ID LIFE puts a token of the instance in place of the word TOKEN in the file, and into $TOKEN.
func embed(ts *testscript.TestScript, w *world, args []string) error {
	life, err := time.ParseDuration(args[2])
	if err != nil {
		return err
	}
	token, err := w.sandbox.IssueInstanceToken(args[1], life)
	if err != nil {
		return err
	}
	ts.Setenv("TOKEN", token)
	path := ts.MkAbs(args[0])
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	return os.WriteFile(path, bytes.ReplaceAll(data, []byte("TOKEN"), []byte(token)), 0o600)
}
