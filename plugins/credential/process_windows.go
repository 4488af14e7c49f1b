package credential

import (
	"fmt"
	"os"
	"syscall"
)

// execProgram runs the program at path and returns its exit code: Windows cannot replace a process.
func execProgram(path string, argv []string) (int, error) {
	process, err := os.StartProcess(path, argv, &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	if err != nil {
		return 0, fmt.Errorf("run %s: %w", path, err)
	}
	state, err := process.Wait()
	if err != nil {
		return 0, fmt.Errorf("wait for %s: %w", path, err)
	}
	return state.ExitCode(), nil
}

// keepToOurselves does nothing: on Windows a process inherits no more than it is given.
func keepToOurselves() {}

// detached gives a process no console and a group of its own.
func detached() *syscall.SysProcAttr {
	const detachedProcess = 0x8
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP | detachedProcess, HideWindow: true}
}
