package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	clientauthentication "k8s.io/client-go/pkg/apis/clientauthentication/v1"

	"github.com/kubectl-edge/kubectl-edge/hack/stage"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/environment"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/server"
)

// weather is how requests fail while helpers ask.
type weather struct {
	name   string
	faults []sandbox.Fault
	mends  bool // it is over after a few requests, which the programs wait for: all get a token
}

const (
	mint  = "/edge/"
	login = "/service-account/token"
)

func weathers() []weather {
	slow := sandbox.Fault{Path: mint, Delay: sandbox.Duration(300 * time.Millisecond)}
	once := func(preset, path string) sandbox.Fault { return sandbox.Fault{Preset: preset, Path: path, Times: 1} }
	always := func(preset, path string) []sandbox.Fault { return []sandbox.Fault{{Preset: preset, Path: path}} }
	return []weather{
		{"fair", nil, true},
		{"slow", []sandbox.Fault{slow}, true},
		{"one 401", []sandbox.Fault{once("unauthorized", mint)}, true},
		{"slow, and one 401", []sandbox.Fault{once("unauthorized", mint), slow}, true},
		{"401", always("unauthorized", mint), false},
		{"403", always("forbidden", mint), false},
		{"502", always("bad-gateway", mint), false},
		{"429", always("too-many-requests", mint), false},
		{"no JSON", always("html", mint), false},
		{"cut off", always("cut", mint), false},
		{"key refused", always("invalid-grant", login), false},
		{"no logins", always("internal-error", login), false},
	}
}

// home is that of a person whose programs ask.
type home struct {
	dir string
	bin string
	env []string
	srv *server.Server
}

// stormOfHelpers has many helpers ask at once, on an empty cache, in all weathers. When it is over, the next gets a
// token.
func (o options) stormOfHelpers(ctx context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("", "storm-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	h := &home{dir: filepath.Join(dir, "home"), bin: filepath.Join(dir, "bin")}
	if err := stage.Build(ctx, h.bin, "cmd/kubectl-edge", "cmd/kubectl-edge_credential"); err != nil {
		return err
	}
	if h.srv, err = server.Start(server.Options{}); err != nil {
		return err
	}
	defer func() { _ = h.srv.Close() }()
	e, err := environment.New(h.dir, h.bin, []string{"PATH=" + os.Getenv("PATH")}, h.srv)
	if err != nil {
		return err
	}
	h.env = e.Environ()
	for _, args := range [][]string{
		{"config", "set", "project-id", sandbox.ProjectID},
		{"login", "--service-account-key", filepath.Join(h.dir, "service-account-key.json")},
	} {
		if _, stderr, err := h.run(ctx, "kubectl-edge", args...); err != nil {
			return fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, stderr)
		}
	}
	answers, refusals := 0, 0
	for range o.rounds {
		for _, w := range weathers() {
			given, refused, err := h.weather(ctx, w, o.helpers)
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			answers, refusals = answers+given, refusals+refused
		}
	}
	fmt.Fprintf(out, "%d times %d helpers at once, in %d weathers: %d tokens, %d errors that said why, and a token "+
		"for the next each time\n", o.rounds*len(weathers()), o.helpers, len(weathers()), answers, refusals)
	return nil
}

// weather has the helpers ask on an empty cache.
func (h *home) weather(ctx context.Context, w weather, helpers int) (given, refused int, err error) {
	if _, stderr, err := h.run(ctx, "kubectl-edge", "cache", "clean"); err != nil {
		return 0, 0, fmt.Errorf("clean the cache: %w: %s", err, stderr)
	}
	for _, f := range w.faults {
		if err := h.srv.Sandbox.Inject(f); err != nil {
			return 0, 0, err
		}
	}
	minted := h.srv.Sandbox.Stats().Minted()
	errs := make([]error, helpers)
	var wait sync.WaitGroup
	for i := range helpers {
		wait.Go(func() { errs[i] = h.ask(ctx) })
	}
	wait.Wait()
	h.srv.Sandbox.ClearFaults()
	for _, err := range errs {
		said := refusal("")
		switch {
		case err == nil:
			given++
		case errors.As(err, &said) && !w.mends:
			refused++
		default:
			return 0, 0, err
		}
	}
	if n := h.srv.Sandbox.Stats().Minted() - minted; n > 1 {
		return 0, 0, fmt.Errorf("%d tokens were minted", n)
	}
	return given, refused, h.next(ctx)
}

// next wants a token for who asks when the weather is over. What failed a moment ago is not tried at once.
func (h *home) next(ctx context.Context) error {
	if _, stderr, err := h.run(ctx, "kubectl-edge", "token", "create", "--instance-id", sandbox.InstanceID,
		"--write-to",
		filepath.Join(h.dir, "token")); err != nil {
		return fmt.Errorf("afterwards: %w: %s", err, stderr)
	}
	return nil
}

// refusal is what a helper says instead of answering.
type refusal string

func (r refusal) Error() string { return "a helper said " + string(r) }

// ask wants an answer, or an error that says why.
func (h *home) ask(ctx context.Context) error {
	// As kubectl runs it: the helper compares its environment with its parent's.
	stdout, stderr, err := h.run(ctx, "/bin/sh", "-c", `"$@"; exit $?`, "kubectl",
		filepath.Join(h.bin, "kubectl-edge_credential"), "--project-id", sandbox.ProjectID, "--instance-id",
		sandbox.InstanceID)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 && stdout == "" &&
		strings.HasPrefix(stderr, "error: ") {
		return refusal(stderr)
	}
	if err != nil {
		return fmt.Errorf("%w: stdout %q: %s", err, stdout, stderr)
	}
	var answer clientauthentication.ExecCredential
	if err := json.Unmarshal([]byte(stdout), &answer); err != nil || answer.Status == nil {
		return fmt.Errorf("no ExecCredential: %w", err)
	}
	return nil
}

func (h *home) run(ctx context.Context, program string, args ...string) (stdout, stderr string, err error) {
	var out, errs bytes.Buffer
	if !filepath.IsAbs(program) {
		program = filepath.Join(h.bin, program)
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = h.env, h.dir, &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}
