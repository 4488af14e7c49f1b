//go:build system && unix

package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
)

// The real kubectl says whether a person can be asked. On a terminal it has them log in, and goes on; else it fails at
// once with the command to run, and opens nothing.
func TestKubectlLogsIn(t *testing.T) {
	running := clustertest.Start(t)
	p := &person{t: t, sandbox: running.Sandbox, client: sandboxtest.Client(t, running.Sandbox)}
	p.setUp(nil)
	p.env.Setenv("PATH", clustertest.Servers(t)+string(os.PathListSeparator)+p.env.Getenv("PATH"))
	p.env.Setenv("SIGN_IN", sandbox.AdminUser+" "+sandbox.AdminPassword)
	kubectl := clustertest.Servers(t) + "/kubectl"
	p.logIn("--service-account-key", "admin.json")
	if code, _, stderr := p.exec(nil, "kubectl-edge", "use", sandbox.InstanceID, "--project-id",
		sandbox.ProjectID); code != 0 {
		t.Fatal(stderr)
	}
	if code, _, stderr := p.run("logout"); code != 0 {
		t.Fatal(stderr)
	}

	// Its standard input is /dev/null.
	silent := exec.CommandContext(t.Context(), kubectl, "get", "namespaces", "-o", "name")
	silent.Env, silent.Dir = p.env.Vars, p.env.WorkDir
	out, err := silent.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "nobody is logged in") ||
		!strings.Contains(string(out), "hint: kubectl edge login") {
		t.Errorf("without a terminal: %v\n%s", err, out)
	}
	if opened := p.browsers(); opened != "" {
		t.Errorf("a browser was opened without a terminal: %s", opened)
	}

	r := p.onTerminal(kubectl, "get", "namespaces", "-o", "name")
	r.sees("Sign in at this address:")
	r.sees("namespace/kube-system")
	if code := r.ends(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, r.all.String())
	}
	if opened := strings.Count(p.browsers(), "\n"); opened != 1 {
		t.Errorf("%d browsers were opened, want 1", opened)
	}
	// The login holds for what has no terminal, too.
	silent = exec.CommandContext(t.Context(), kubectl, "auth", "whoami", "-o", "name")
	silent.Env, silent.Dir = p.env.Vars, p.env.WorkDir
	if out, err := silent.CombinedOutput(); err != nil {
		t.Errorf("after the login: %v\n%s", err, out)
	}
}
