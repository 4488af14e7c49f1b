//go:build unix

package credential

import (
	"fmt"
	"os"
	"syscall"
)

// become replaces this process by the program at path; it returns only on failure.
func become(path string, argv []string) (int, error) {
	err := syscall.Exec(path, argv, os.Environ())
	return 0, fmt.Errorf("run %s: %w", path, err)
}

// detached puts a process into a session of its own, so that neither a terminal nor its kubectl takes it down.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
