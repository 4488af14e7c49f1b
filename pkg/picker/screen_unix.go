//go:build unix

package picker

import (
	"os"
	"os/signal"
	"syscall"
)

// resizes has the terminal say when it has another size.
func resizes() (<-chan os.Signal, func()) {
	changes := make(chan os.Signal, 1)
	signal.Notify(changes, syscall.SIGWINCH)
	return changes, func() { signal.Stop(changes) }
}

// sleep stops this process, and what it belongs to, as Ctrl-Z does outside of raw mode, until the shell goes on with
// it.
func sleep() { _ = syscall.Kill(0, syscall.SIGTSTP) }
