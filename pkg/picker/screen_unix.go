//go:build unix

package picker

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// resizes has the terminal say when it has another size.
func resizes() (<-chan os.Signal, func()) {
	changes := make(chan os.Signal, 1)
	signal.Notify(changes, syscall.SIGWINCH)
	return changes, func() { signal.Stop(changes) }
}

// sleep stops this process, and what it belongs to, as Ctrl-Z does outside of raw mode, until the shell goes on with
// it.
//
// The signal may reach another thread first, while this one goes on: so the one that ends the stop is waited for, or a
// second where nothing stops, as in a group of processes without a shell. To catch the group's signal and have the one
// thread stop itself would take no clock, but Go keeps its handler of SIGTSTP once that was caught or ignored, so that
// nothing stops the process any more.
func sleep() {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	if syscall.Kill(0, syscall.SIGTSTP) != nil {
		return
	}
	select {
	case <-continued:
	case <-time.After(time.Second):
	}
}
