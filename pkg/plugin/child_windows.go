package plugin

import (
	"os/exec"
	"syscall"
)

// killedCode is the exit code for a program that did not end by itself.
func killedCode(*exec.ExitError) int { return 1 }

// ownSession keeps a process in the background from the console, and from its signals.
func ownSession() *syscall.SysProcAttr {
	const detachedProcess = 0x8
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP | detachedProcess, HideWindow: true}
}

// keepInherited does nothing: on Windows a process inherits no more than it is given.
func keepInherited() (undo func()) { return func() {} }
