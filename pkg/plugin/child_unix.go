//go:build unix

package plugin

import (
	"os/exec"
	"syscall"
)

// killedCode is the exit code for a program that a signal ended, as shells have it.
func killedCode(exit *exec.ExitError) int {
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return 1
}
