package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/process"
)

// interrupted is the exit status of what SIGINT ended, as shells give it.
const interrupted = 128 + int(syscall.SIGINT)

// exitStatus ends this program with the exit status of the command that it ran. The command has said why itself.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// runCommand runs a command with the program's own streams, passes signals on to it, and returns its exit status, if it is
// not 0, as an error.
func runCommand(s streams, command []string, env *environment) error {
	path, err := env.lookPath(command[0])
	if err != nil {
		return fmt.Errorf("run the command: %w", err)
	}
	cmd := exec.Command(path, command[1:]...)
	cmd.Args[0] = command[0]
	cmd.Env = env.environ()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.In, s.Out, s.ErrOut

	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	p, err := process.Start(cmd, false)
	if err != nil {
		return fmt.Errorf("run the command: %w", err)
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
			return statusOf(p.Wait())
		}
	}
}

// statusOf turns what exec.Cmd.Wait returned into an exitStatus, or nil: 128 and the signal's number, as shells do, for a
// command that a signal ended.
func statusOf(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exitStatus(128 + int(status.Signal()))
	}
	return exitStatus(exit.ExitCode())
}
