//go:build unix

package plugin

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// killedCode is the exit code for a program that a signal ended, as shells have it.
func killedCode(exit *exec.ExitError) int {
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return 1
}

// ownSession keeps a process in the background from the signals of the terminal.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// keepInherited has the next process not inherit what this one did beside its standard streams, such as a script's
// lock, and returns what undoes that: a program in the foreground may want them. Shells hand on no file descriptors
// above 255.
func keepInherited() (undo func()) {
	var kept []uintptr
	for fd := uintptr(3); fd <= 255; fd++ {
		if flags, err := unix.FcntlInt(fd, unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			syscall.CloseOnExec(int(fd))
			kept = append(kept, fd)
		}
	}
	return func() {
		for _, fd := range kept {
			_, _ = unix.FcntlInt(fd, unix.F_SETFD, 0) // it was so before
		}
	}
}
