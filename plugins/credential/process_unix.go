//go:build unix

package credential

import (
	"fmt"
	"os"
	"syscall"
)

// execProgram replaces this process by the program at path; it returns only on failure.
func execProgram(path string, argv []string) (int, error) {
	err := syscall.Exec(path, argv, os.Environ())
	return 0, fmt.Errorf("run %s: %w", path, err)
}

// keepToOurselves has no process inherit what this one inherited beside its standard streams, such as a script's lock:
// a process in the background would hold on to it. Shells use no file descriptors above 255 for what they hand on.
func keepToOurselves() {
	for fd := 3; fd <= 255; fd++ {
		syscall.CloseOnExec(fd)
	}
}

// detached puts a process into a session of its own, so that neither a terminal nor its kubectl takes it down.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
