package scripttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	authentication "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func helperCommands() map[string]command {
	return map[string]command{
		"build": {helpers, "", "builds kubectl-edge and the helper as they are released, and puts them first on " +
			"PATH: the " +
			"programs of the tests are larger", 0, 0, build},
		"record": {helpers, "", "has every further call of kubectl-edge recorded", 0, 0, record},
		"waited": {helpers, "N", "checks for how many calls of the helper a client waited for kubectl-edge", 1, 1,
			waited},
		"fetched": {helpers, "N", "waits until the helper has had N tokens fetched ahead, and none is under way", 1, 1,
			fetched},
		"steadily": {helpers, "N COMMAND…",
			"runs a command over and over until N tokens were fetched ahead meanwhile: each " +
				"must succeed with nothing on stderr", 2, many, steadily},
		"end": {helpers, "", "kills the process as which kubectl-edge was last called", 0, 0, end},
		"released": {helpers, "", "checks that the process as which kubectl-edge was last called has nothing in " +
			"common with its " +
			"caller: a session of its own, and none of its caller's files", 0, 0, released},
		"rotate": {helpers, "", "has the instance's tokens signed with a new key, and the API server know of it", 0, 0,
			rotate},
		"inprocess": {helpers, "N CONTEXT…",
			"has client-go, within one process, ask the API server N times through each context " +
				"who it is, and writes the users' names on stdout; of an error, what it says", 2, many, inprocess},
	}
}

// recorder stands in front of kubectl-edge, and writes down with which arguments the helper calls it, and as which
// process.
const recorder = `#!/bin/sh
echo "$$ $*" >>%q
exec %q "$@"
`

func build(ts *testscript.TestScript, _ *World, _ []string) error {
	dir := ts.MkAbs("built")
	const cmds = "github.com/kubectl-edge/kubectl-edge/cmd/"
	cmd := exec.Command("go", "build", "-o", dir+string(filepath.Separator), cmds+"kubectl-edge",
		cmds+"kubectl-edge_credential")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	ts.Setenv("PATH", dir+string(os.PathListSeparator)+ts.Getenv("PATH"))
	return nil
}

func record(ts *testscript.TestScript, _ *World, _ []string) error {
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
			err = os.WriteFile(filepath.Join(dir, program),
				fmt.Appendf(nil, recorder, filepath.Join(dir, "calls"), path), 0o700)
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

// call is one call of kubectl-edge by the helper.
type call struct {
	pid  int
	args string
}

// ahead reports whether the call fetched the next token in the background: the helper had answered already.
func (c call) ahead() bool { return strings.HasPrefix(c.args, "credential --refresh ") }

// waited reports whether a client waited for the call.
func (c call) waited() bool { return strings.HasPrefix(c.args, "credential ") && !c.ahead() }

func waited(ts *testscript.TestScript, _ *World, args []string) error {
	n, err := countCalls(ts, call.waited)
	if err == nil && strconv.Itoa(n) != args[0] {
		err = fmt.Errorf("%d calls waited for kubectl-edge, want %s", n, args[0])
	}
	return err
}

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

func fetched(ts *testscript.TestScript, _ *World, args []string) error {
	store, err := cache(ts)
	if err != nil {
		return err
	}
	return until(func() error {
		n, err := countCalls(ts, call.ahead)
		if err == nil && strconv.Itoa(n) != args[0] {
			err = fmt.Errorf("%d tokens were fetched ahead, want %s", n, args[0])
		}
		if marks, _ := filepath.Glob(filepath.Join(store.Dir(), "*.refresh")); err == nil && len(marks) > 0 {
			err = fmt.Errorf("still fetching: %v", marks)
		}
		return err
	})
}

func steadily(ts *testscript.TestScript, _ *World, args []string) error {
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

func end(ts *testscript.TestScript, _ *World, _ []string) error {
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

func released(ts *testscript.TestScript, _ *World, _ []string) error {
	last, err := lastCall(ts)
	if err != nil {
		return err
	}
	pid := strconv.Itoa(last.pid)
	for fd := range 3 {
		if file, err := os.Readlink(filepath.Join("/proc", pid, "fd", strconv.Itoa(fd))); err != nil ||
			file != os.DevNull {
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

func rotate(ts *testscript.TestScript, w *World, _ []string) error {
	if err := w.Sandbox.RotateSigningKey(w.Sandbox.Issuer(sandbox.InstanceID), false); err != nil {
		return err
	}
	// A token of the new key has the API server fetch the keys again.
	token, err := w.Sandbox.IssueInstanceToken(sandbox.InstanceID, time.Hour)
	if err != nil {
		return err
	}
	kubeconfig, err := kubeconfigOf(ts)
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

// kubeconfigOf reads the script's.
func kubeconfigOf(ts *testscript.TestScript) (*api.Config, error) {
	loader := clientcmd.ClientConfigLoadingRules{ExplicitPath: ts.Getenv("KUBECONFIG")}
	return loader.Load()
}

func inprocess(ts *testscript.TestScript, w *World, args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	kubeconfig, err := kubeconfigOf(ts)
	if err != nil {
		return err
	}
	helper, err := lookPath(ts, "kubectl-edge_credential")
	if err != nil {
		return err
	}
	for _, user := range kubeconfig.AuthInfos { // the environment is the script's, not this process's
		user.Exec.Command = helper
		for _, variable := range w.Env.Vars {
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
	review, err := client.AuthenticationV1().SelfSubjectReviews().Create(
		context.Background(), &authentication.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return review.Status.UserInfo.Username, nil
}
