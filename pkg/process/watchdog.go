//go:build unix

package process

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// watchdog is a shell that kills a child, or its whole group, when this process has ended.
type watchdog struct {
	cmd  *exec.Cmd
	pipe io.Closer // the writing end of its standard input, which only this process has
}

func watch(child *os.Process, group bool) (*watchdog, error) {
	target := strconv.Itoa(child.Pid)
	if group {
		target = "-" + target
	}
	cmd := exec.Command("/bin/sh", "-c", `read -r _; kill -s KILL -- "$1"`, "sh", target)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C must not end it
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start watchdog: %w", err)
	}
	return &watchdog{cmd: cmd, pipe: pipe}, nil
}

// release ends the watchdog. The child has ended.
func (w *watchdog) release() {
	w.cmd.Process.Kill()
	_ = w.cmd.Wait()
	w.pipe.Close()
}
