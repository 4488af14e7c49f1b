package process

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// Foreground runs a command that takes the place of this program: signals are passed on to it. It returns the exit
// code, and an error if the command could not be run.
func Foreground(cmd *exec.Cmd) (int, error) {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	p, err := Start(cmd, false)
	if err != nil {
		return 0, err
	}
	// A terminal sends Ctrl-C to the command, too: they are in one process group.
	fromTerminal := term.IsTerminal(int(os.Stdin.Fd()))
	for {
		select {
		case sig := <-signals:
			if sig != os.Interrupt || !fromTerminal {
				p.Signal(sig)
			}
		case <-p.Done():
			return exitCode(p.Wait())
		}
	}
}

// exitCode reads what exec.Cmd.Wait returned: 128 and the signal's number, as shells do, for a command that a signal
// ended.
func exitCode(err error) (int, error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0, err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}
