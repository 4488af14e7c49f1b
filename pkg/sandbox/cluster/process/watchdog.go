//go:build unix

package process

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// watch starts a shell that kills the child, or its whole group, when this process has ended: only this process holds
// the writing end of the shell's standard input. Call release when the child has ended.
func watch(child *os.Process, group bool) (release func(), err error) {
	target := strconv.Itoa(child.Pid)
	if group {
		target = "-" + target
	}
	dog := exec.Command("/bin/sh", "-c", `read -r _; kill -KILL -- "$1"`, "sh", target)
	dog.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C must not end it
	pipe, err := dog.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := dog.Start(); err != nil {
		return nil, fmt.Errorf("start watchdog: %w", err)
	}
	return func() {
		dog.Process.Kill()
		dog.Wait()
		pipe.Close()
	}, nil
}
