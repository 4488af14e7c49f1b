package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	authentication "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// TestHelper runs the scripts about the helper and kubectl-edge together, in trouble, with a sandbox each.
func TestHelper(t *testing.T) {
	p := params(filepath.Join("testdata", "helper"), func(e *testscript.Env) error {
		requests := &requestLog{}
		s, srv := sandboxtest.Start(e.T().(testing.TB), func(o *sandbox.Options) { o.OnRequest = requests.record })
		return setUp(e, &world{sandbox: s, server: srv, requests: requests})
	})
	maps.Copy(p.Cmds, rolloverCommands())
	testscript.Run(t, p)
}

func rolloverCommands() map[string]func(*testscript.TestScript, bool, []string) {
	cmds := map[string]func(*testscript.TestScript, bool, []string){}
	for name, run := range map[string]func(*testscript.TestScript, *world, []string) error{
		"age": age, "build": build, "end": end, "eventually": eventually, "fetched": fetched, "forget": forget, "inprocess": inprocess, "record": record,
		"released": released, "rotate": rotate, "steadily": steadily, "waited": waited,
	} {
		cmds[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			if neg {
				ts.Fatalf("%s cannot be negated", name)
			}
			ts.Check(run(ts, ts.Value(worldKey{}).(*world), args))
		}
	}
	return cmds
}

// recorder stands in front of kubectl-edge, and writes down with which arguments the helper calls it, and as which process.
const recorder = `#!/bin/sh
echo "$$ $*" >>%q
exec %q "$@"
`

// build builds the programs as they are released, and puts them first on PATH: this one, which takes their place, is larger.
func build(ts *testscript.TestScript, _ *world, _ []string) error {
	dir := ts.MkAbs("built")
	cmd := exec.Command("go", "build", "-o", dir+string(filepath.Separator), ".", "../kubectl-edge_credential")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	ts.Setenv("PATH", dir+string(os.PathListSeparator)+ts.Getenv("PATH"))
	return nil
}

// record has every further call of kubectl-edge recorded.
func record(ts *testscript.TestScript, _ *world, _ []string) error {
	dir := ts.MkAbs("recorded")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	for _, program := range []string{"kubectl-edge", "kubectl-edge_credential"} {
		path, err := lookPath(ts, program)
		if err != nil {
			return err
		}
		if program == "kubectl-edge" {
			err = os.WriteFile(filepath.Join(dir, program), fmt.Appendf(nil, recorder, filepath.Join(dir, "calls"), path), 0o700)
		} else {
			err = os.Link(path, filepath.Join(dir, program)) // it looks beside itself, wherever a symbolic link leads
		}
		if err != nil {
			return err
		}
	}
	ts.Setenv("PATH", dir+string(os.PathListSeparator)+ts.Getenv("PATH"))
	return nil
}

func lookPath(ts *testscript.TestScript, program string) (string, error) {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return path, nil
		}
	}
	return "", &exec.Error{Name: program, Err: exec.ErrNotFound}
}

// call is one call of kubectl-edge by the helper.
type call struct {
	pid  int
	args string
}

// ahead reports whether the call fetched the next token in the background: the helper had answered already.
func (c call) ahead() bool { return strings.HasPrefix(c.args, "credential --refresh ") }

// waited reports whether a client waited for the call.
func (c call) waited() bool { return strings.HasPrefix(c.args, "credential ") && !c.ahead() }

func recordedCalls(ts *testscript.TestScript) ([]call, error) {
	data, err := os.ReadFile(ts.MkAbs("recorded/calls"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var calls []call
	for line := range strings.Lines(string(data)) {
		pid, args, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.Atoi(pid)
		if err != nil {
			return nil, err
		}
		calls = append(calls, call{n, args})
	}
	return calls, nil
}

func lastCall(ts *testscript.TestScript) (call, error) {
	calls, err := recordedCalls(ts)
	if err == nil && len(calls) == 0 {
		err = errors.New("no call was recorded")
	}
	if err != nil {
		return call{}, err
	}
	return calls[len(calls)-1], nil
}

func countCalls(ts *testscript.TestScript, match func(call) bool) (int, error) {
	calls, err := recordedCalls(ts)
	return len(slices.DeleteFunc(calls, func(c call) bool { return !match(c) })), err
}

// waited N checks for how many calls of the helper a client waited.
func waited(ts *testscript.TestScript, _ *world, args []string) error {
	n, err := countCalls(ts, call.waited)
	if err == nil && strconv.Itoa(n) != args[0] {
		err = fmt.Errorf("%d calls waited for kubectl-edge, want %s", n, args[0])
	}
	return err
}

// fetched N waits until the helper has had N tokens fetched ahead, and nobody is at it any more.
func fetched(ts *testscript.TestScript, _ *world, args []string) error {
	return until(func() error {
		n, err := countCalls(ts, call.ahead)
		if err == nil && strconv.Itoa(n) != args[0] {
			err = fmt.Errorf("%d tokens were fetched ahead, want %s", n, args[0])
		}
		if marks, _ := filepath.Glob(filepath.Join(tokens(ts).Dir(), "*.refresh")); err == nil && len(marks) > 0 {
			err = fmt.Errorf("still fetching: %v", marks)
		}
		return err
	})
}

// until calls try again and again, for at most two minutes, until it returns nil.
func until(try func() error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(2 * time.Minute); ; {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-deadline:
			return err
		}
	}
}

// eventually COMMAND… runs a command again and again until it succeeds.
func eventually(ts *testscript.TestScript, _ *world, args []string) error {
	return until(func() error { return ts.Exec(args[0], args[1:]...) })
}

// steadily N COMMAND… runs a command over and over until N tokens were fetched ahead meanwhile. Each run must succeed,
// with nothing on stderr.
func steadily(ts *testscript.TestScript, _ *world, args []string) error {
	want, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	for runs := 1; ; runs++ {
		if err := ts.Exec(args[1], args[2:]...); err != nil {
			return fmt.Errorf("run %d: %w", runs, err)
		}
		if stderr := ts.ReadFile("stderr"); stderr != "" {
			return fmt.Errorf("run %d: %s", runs, stderr)
		}
		ahead, err := countCalls(ts, call.ahead)
		if err != nil {
			return err
		}
		if ahead >= want {
			ts.Logf("%d runs", runs)
			return nil
		}
	}
}

// tokens is the script's token cache.
func tokens(ts *testscript.TestScript) tokencache.Store {
	folder := func(variable string) string { return filepath.Join(ts.Getenv(variable), "kubectl-edge") }
	d := dirs.Dirs{Cache: folder("XDG_CACHE_HOME"), Runtime: folder("XDG_RUNTIME_DIR")}
	store, err := tokencache.Open(d, "", ts.Getenv)
	ts.Check(err)
	return store
}

// age DURATION makes the cached tokens look as if they had been minted that long ago, to live for 15 minutes.
func age(ts *testscript.TestScript, _ *world, args []string) error {
	d, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	store := tokens(ts)
	files, err := store.List()
	if err == nil && len(files) == 0 {
		err = errors.New("there are no cached tokens")
	}
	if err != nil {
		return err
	}
	for _, f := range files {
		f.Entry.Issued = time.Now().Add(-d)
		f.Entry.Expires = f.Entry.Issued.Add(15 * time.Minute)
		if err := store.Put(f.Key, f.Entry); err != nil {
			return err
		}
	}
	return nil
}

// end kills the process as which kubectl-edge was last called.
func end(ts *testscript.TestScript, _ *world, _ []string) error {
	last, err := lastCall(ts)
	if err != nil {
		return err
	}
	process, err := os.FindProcess(last.pid)
	if err != nil {
		return err
	}
	return process.Kill()
}

// forget has await wait for requests that are yet to come.
func forget(_ *testscript.TestScript, w *world, _ []string) error {
	w.requests.forget()
	return nil
}

// released checks that the process as which kubectl-edge was last called has nothing in common with its caller: a session
// of its own, and none of its caller's files.
func released(ts *testscript.TestScript, _ *world, _ []string) error {
	last, err := lastCall(ts)
	if err != nil {
		return err
	}
	pid := strconv.Itoa(last.pid)
	for fd := range 3 {
		if file, err := os.Readlink(filepath.Join("/proc", pid, "fd", strconv.Itoa(fd))); err != nil || file != os.DevNull {
			return fmt.Errorf("file descriptor %d is %s, %v", fd, file, err)
		}
	}
	stat, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return err
	}
	// After the program's name in parentheses: state, parent, process group, session (proc_pid_stat(5)).
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if fields[2] != pid || fields[3] != pid {
		return fmt.Errorf("process %s is in group %s and session %s", pid, fields[2], fields[3])
	}
	return nil
}

// rotate has the sandbox sign the instance's tokens with a new key, and the API server know of it.
func rotate(ts *testscript.TestScript, w *world, _ []string) error {
	if err := w.sandbox.RotateSigningKey(w.sandbox.Issuer(sandbox.InstanceID), false); err != nil {
		return err
	}
	// A token of the new key has the API server fetch the keys again.
	token, err := w.sandbox.IssueInstanceToken(sandbox.InstanceID, time.Hour)
	if err != nil {
		return err
	}
	loader := clientcmd.ClientConfigLoadingRules{ExplicitPath: ts.Getenv("KUBECONFIG")}
	kubeconfig, err := loader.Load()
	if err != nil {
		return err
	}
	for _, user := range kubeconfig.AuthInfos {
		*user = api.AuthInfo{Token: token}
	}
	config, err := clientcmd.NewDefaultClientConfig(*kubeconfig, nil).ClientConfig()
	if err != nil {
		return err
	}
	_, err = whoami(config)
	return err
}

// inprocess N CONTEXT… has client-go, within one process, ask the API server N times through each context who it is, and
// writes the users' names on stdout; of an error, what it says.
func inprocess(ts *testscript.TestScript, w *world, args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	loader := clientcmd.ClientConfigLoadingRules{ExplicitPath: ts.Getenv("KUBECONFIG")}
	kubeconfig, err := loader.Load()
	if err != nil {
		return err
	}
	helper, err := lookPath(ts, "kubectl-edge_credential")
	if err != nil {
		return err
	}
	for _, user := range kubeconfig.AuthInfos { // the environment is the script's, not this process's
		user.Exec.Command = helper
		for _, variable := range w.env.Vars {
			name, _, _ := strings.Cut(variable, "=")
			user.Exec.Env = append(user.Exec.Env, api.ExecEnvVar{Name: name, Value: ts.Getenv(name)})
		}
	}
	for range n {
		for _, name := range args[1:] {
			config, err := clientcmd.NewNonInteractiveClientConfig(*kubeconfig, name, nil, nil).ClientConfig()
			if err != nil {
				return err
			}
			user, err := whoami(config)
			if err != nil {
				user = err.Error()
			}
			fmt.Fprintf(ts.Stdout(), "%s: %s\n", name, user)
		}
	}
	return nil
}

func whoami(config *rest.Config) (string, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return "", err
	}
	review, err := client.AuthenticationV1().SelfSubjectReviews().Create(context.Background(), &authentication.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return review.Status.UserInfo.Username, nil
}
