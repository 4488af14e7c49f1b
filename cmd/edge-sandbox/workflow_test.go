package main

import (
	"errors"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestExampleWorkflow runs the steps of docs/examples/sandbox/workflow.yml as GitHub Actions does: each is a shell of
// its own, and none may fail.
func TestExampleWorkflow(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "examples", "sandbox", "workflow.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct{ Name, Run string }
		}
	}
	if err := yaml.Unmarshal(data, &workflow); err != nil {
		t.Fatal(err)
	}
	steps := workflow.Jobs["test"].Steps
	if len(steps) < 4 {
		t.Fatalf("%d steps", len(steps))
	}
	temp := t.TempDir()
	var out strings.Builder
	for _, step := range steps {
		cmd := exec.Command("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step.Run)
		cmd.Env = append(os.Environ(), "RUNNER_TEMP="+temp, "HOME="+temp, "TMPDIR="+temp)
		cmd.Dir = temp
		log, err := os.Create(filepath.Join(temp, "log")) // a pipe would stay open as long as the sandbox runs
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stdout, cmd.Stderr = log, log
		err = cmd.Run()
		log.Close()
		text, _ := os.ReadFile(log.Name())
		out.Write(text)
		if err != nil {
			t.Errorf("step %q: %v:\n%s", step.Name, err, text)
		}
	}
	for _, want := range []string{"ready\n", "press-3714d85\n", "Logged in as", "demo-3714d85"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the steps do not say %q:\n%s", want, out.String())
		}
	}
	variables, err := os.ReadFile(filepath.Join(temp, "sandbox.env"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(variables), "export EDGE_SANDBOX_URL='")
	address, _, _ := strings.Cut(rest, "'")
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", u.Host); err == nil {
		defer c.Close() // it ends within moments of the signal
		wantEnd(t, c)
	} else if !errors.As(err, new(*net.OpError)) {
		t.Error(err)
	}
}

// wantEnd waits until the other end closes a connection.
func wantEnd(t *testing.T, c net.Conn) {
	t.Helper()
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the sandbox still runs")
	}
}
