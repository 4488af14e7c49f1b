//go:build unix

package process

import (
	"io"
	"os"
	"syscall"
	"testing"
)

// TestWatchdog has the watchdog's pipe close, as it does when this process ends.
func TestWatchdog(t *testing.T) {
	for name, group := range map[string]bool{"process": false, "group": true} {
		t.Run(name, func(t *testing.T) {
			stdin, _ := pipe(t)
			stdout, childStdout := pipe(t)
			cmd := child(stdin, childStdout)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: group}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			childStdout.Close()
			wantRunning(t, stdout)
			dog, err := watch(cmd.Process, group)
			if err != nil {
				t.Fatal(err)
			}
			dog.pipe.Close()
			if _, err := io.Copy(io.Discard, stdout); err != nil {
				t.Error(err)
			}
			cmd.Wait()
			if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != os.Kill {
				t.Errorf("got %v, want it killed", cmd.ProcessState)
			}
			dog.release()
		})
	}
}
