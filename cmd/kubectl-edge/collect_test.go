package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoGarbageIsCollected: a command of an ordinary size ends before the first collection of garbage; one that was
// asked for is made. This is about the program itself: the one of the tests holds so much more that it is near its
// first collection when it starts.
func TestNoGarbageIsCollected(t *testing.T) {
	p := newPerson(t)
	program := filepath.Join(t.TempDir(), "kubectl-edge")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	if code, _, stderr := p.run("login", "--service-account-key", "admin.json"); code != 0 {
		t.Fatalf("login: %d, %s", code, stderr)
	}
	for _, c := range []struct {
		env       string
		collected bool
	}{{"GOGC=", false}, {"GOGC=1", true}} {
		code, out, stderr := p.exec([]string{"GODEBUG=gctrace=1", c.env}, program, "project", "list")
		if code != 0 || out == "" || strings.Contains("\n"+stderr, "\ngc ") != c.collected {
			t.Errorf("with %s: exit code %d, %q, and on stderr %q", c.env, code, out, stderr)
		}
	}
}
