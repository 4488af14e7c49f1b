//go:build system

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
)

// TestInterruptedWhileStarting sends Ctrl-C when a file appears that says how far the start has come: nothing is left
// of the sandbox, neither a process nor a temporary folder, and what is kept is sound.
func TestInterruptedWhileStarting(t *testing.T) {
	servers := clustertest.Servers(t)
	const demo = "clusters/demo-3714d85/"
	for _, moment := range []string{"", "lock", demo + "etcd.log", demo + "etcd.sock", demo + "kube-apiserver.log"} {
		for _, kept := range []bool{false, true} {
			temp, data := shortDir(t), filepath.Join(shortDir(t), "data")
			args := []string{"up", "--quiet", "--servers", servers}
			root := filepath.Join(temp, "edge-sandbox-*")
			if kept {
				args, root = append(args, "--data-dir", data), data
			}
			cmd := exec.Command("edge-sandbox", append(args, "--", "true")...)
			cmd.Env = append(os.Environ(), "TMPDIR="+temp)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			appears(t, filepath.Join(root, moment))
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // looked at below
			// It may have come as far as the command, which succeeds.
			if code := cmd.ProcessState.ExitCode(); code != 130 && code != 0 {
				t.Errorf("at %q, kept %v: exit code %d: %s", moment, kept, code, stderr.String())
			}
			if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
				t.Errorf("at %q, kept %v: %v is left, %v", moment, kept, left, err)
			}
			wantNoProcess(t, temp, data)
			if kept {
				out, err := exec.Command("edge-sandbox", "doctor", "--servers", servers, "--data-dir", data).Output()
				if err != nil {
					t.Errorf("at %q: doctor: %v:\n%s", moment, err, out)
				}
			}
		}
	}
}

// appears waits until there is a file of a pattern.
func appears(t *testing.T, pattern string) {
	t.Helper()
	// It looks often, so that the signal comes soon after the file.
	err := wait.PollUntilContextTimeout(t.Context(), time.Millisecond, 2*time.Minute, true,
		func(context.Context) (bool, error) {
			found, err := filepath.Glob(pattern)
			return len(found) > 0, err
		})
	if err != nil {
		t.Fatalf("%s does not appear: %v", pattern, err)
	}
}

// wantNoProcess checks that no process works in a folder, where the system says so.
func wantNoProcess(t *testing.T, dirs ...string) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		cwd, err := os.Readlink(link)
		if err != nil {
			continue // it has ended, or is another user's
		}
		for _, dir := range dirs {
			if strings.HasPrefix(cwd, dir) {
				t.Errorf("%s works in %s", link, cwd)
			}
		}
	}
}
