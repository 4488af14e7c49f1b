//go:build system

package plugin

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// handsOver is set in the process that hands over. What it runs looks at the file, and goes on as the variable says.
const handsOver = "PLUGIN_TEST_HANDS_OVER"

// TestHandOverProcess is that process, and no test otherwise.
func TestHandOverProcess(t *testing.T) {
	folder := os.Getenv(handsOver)
	if folder == "" {
		return
	}
	script := `test "$(cat "$SECRET")" = canary && test "$(stat -L -c %a "$SECRET")" = 600 && echo "$SECRET" >` +
		folder + `/path && echo $$ >` + folder + `/pid && mv ` + folder + `/pid ` + folder + `/running
		` + os.Getenv("THEN")
	child := Child{Args: []string{"/bin/sh", "-c", script}, In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	code, err := child.HandOver(t.Context(), Handover{Variable: "SECRET", Secret: []byte("canary"),
		Folder: filepath.Join(folder, "lent"), Name: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	os.Exit(code)
}

// handOver starts that process, where there is a /proc or not.
func handOver(t *testing.T, folder, then string, proc bool) *exec.Cmd {
	t.Helper()
	args := []string{os.Args[0], "-test.run=^TestHandOverProcess$"}
	if !proc { // the last of what sh mounts is all that the process sees
		hidden := []string{"unshare", "--mount", "sh", "-c", `mount -t tmpfs none /proc && exec "$@"`, "sh"}
		args = append(hidden, args...)
		if os.Geteuid() != 0 {
			args = append([]string{"unshare", "--map-root-user"}, args[1:]...)
		}
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), handsOver+"="+folder, "THEN="+then, "SECRET=another")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// lent are the files that there are of the secret.
func lent(t *testing.T, folder string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "lent", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func awaitFile(t *testing.T, cmd *exec.Cmd, path string) string {
	t.Helper()
	var text string
	err := wait.PollUntilContextCancel(t.Context(), 10*time.Millisecond, true, func(context.Context) (bool, error) {
		if data, err := os.ReadFile(path); err == nil {
			text = strings.TrimSpace(string(data))
			return true, nil
		}
		return false, cmd.Process.Signal(syscall.Signal(0))
	})
	if err != nil {
		t.Fatalf("it has ended: %v", err)
	}
	return text
}

func status(t *testing.T, err error) syscall.WaitStatus {
	t.Helper()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		t.Fatalf("got %v, want an exit code", err)
	}
	return exit.Sys().(syscall.WaitStatus)
}

// TestHandOver: the program has the secret, is the process that was started, and leaves nothing behind.
func TestHandOver(t *testing.T) {
	folder := t.TempDir()
	cmd := handOver(t, folder, "exit 7", true)
	if got := status(t, cmd.Wait()); got.ExitStatus() != 7 {
		t.Errorf("exit code %d", got.ExitStatus())
	}
	if pid := awaitFile(t, cmd, filepath.Join(folder, "running")); pid == "" || pid != strconv.Itoa(cmd.Process.Pid) {
		t.Errorf("it was process %s, want %d", pid, cmd.Process.Pid)
	}
	if path := awaitFile(t, cmd, filepath.Join(folder, "path")); !strings.HasPrefix(path, "/proc/self/fd/") {
		t.Errorf("the secret was in %s", path)
	}
	if _, err := os.Stat(filepath.Join(folder, "lent")); err == nil {
		t.Error("there is a folder for it")
	}
}

// TestHandOverAFile: where the system has no other way, the secret is a file until the program ends, however that is.
func TestHandOverAFile(t *testing.T) {
	folder := t.TempDir()
	end := func(then string, s syscall.Signal) syscall.WaitStatus {
		t.Helper()
		_ = os.Remove(filepath.Join(folder, "running"))
		cmd := handOver(t, folder, then, false)
		if s != 0 {
			awaitFile(t, cmd, filepath.Join(folder, "running"))
			if names := lent(t, folder); len(names) != 1 {
				t.Errorf("%s: while it runs there are %q", s, names)
			}
			if err := cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
		}
		return status(t, cmd.Wait())
	}
	if got := end("exit 7", 0); got.ExitStatus() != 7 || len(lent(t, folder)) > 0 {
		t.Errorf("exit code %d, left %q", got.ExitStatus(), lent(t, folder))
	}
	info, err := os.Stat(filepath.Join(folder, "lent"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", info, err)
	}
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if got := end("exec sleep 600", s); got.ExitStatus() != 128+int(s) || len(lent(t, folder)) > 0 {
			t.Errorf("%s: exit code %d, left %q", s, got.ExitStatus(), lent(t, folder))
		}
	}
	// Killed, it leaves the file. The program that was run goes on, and the next call takes the file away.
	if got := end("exec sleep 600", syscall.SIGKILL); got.Signal() != syscall.SIGKILL || len(lent(t, folder)) != 1 {
		t.Errorf("killed: %v, left %q", got, lent(t, folder))
	}
	orphan := awaitFile(t, nil, filepath.Join(folder, "running"))
	if err := exec.Command("kill", orphan).Run(); err != nil {
		t.Error(err)
	}
	if got := end("exit 7", 0); got.ExitStatus() != 7 || len(lent(t, folder)) > 0 {
		t.Errorf("after a kill: exit code %d, left %q", got.ExitStatus(), lent(t, folder))
	}
}
