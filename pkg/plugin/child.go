package plugin

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/process"
)

// stopTime is how long an interrupted program gets to end by itself.
const stopTime = 5 * time.Second

// Child is another program that a command runs.
type Child struct {
	Args        []string // the program first
	Env         []string // nil is that of this process
	In          io.Reader
	Out, ErrOut io.Writer
	Tied        bool // Run: it ends with this process, also when that is killed
}

func (c Child) command(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Env, c.In, c.Out, c.ErrOut
	return cmd
}

// Run runs the program to its end and returns its exit code; a signal that ended it counts as in a shell. When ctx ends
// it is interrupted as by Ctrl-C, and killed if that is in vain. The error is that of a program that could not be run.
func (c Child) Run(ctx context.Context) (int, error) {
	cmd := c.command(ctx)
	cmd.Cancel = func() error { return pass(cmd.Process, os.Interrupt) }
	cmd.WaitDelay = stopTime
	if !c.Tied {
		return exitCode(cmd.Run())
	}
	p, err := process.Start(cmd, false)
	if err != nil {
		return 0, err
	}
	return exitCode(p.Wait())
}

// RunInForeground is Run for a program that takes the place of this one: it gets the standard streams as they are, and
// each signal that would end this process. Those that come from the terminal reach it without us.
func (c Child) RunInForeground() (int, error) { return c.runInForeground(context.Background()) }

// runInForeground does not start the program any more if ctx has ended. Its later end changes nothing: a signal is the
// program's.
func (c Child) runInForeground(ctx context.Context) (int, error) {
	c.Out, c.ErrOut = File(c.Out), File(c.ErrOut)
	cmd := c.command(context.WithoutCancel(ctx))
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, endSignals()...)
	defer signal.Stop(signals)
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			fromKeyboard := (s == os.Interrupt || s == syscall.SIGQUIT) && Terminal(c.In)
			if !fromKeyboard {
				_ = pass(cmd.Process, s) // it fails only for a program that has ended
			}
		case err := <-ended:
			return exitCode(err)
		}
	}
}

// pass sends a signal to another process. Windows knows none but the end: what Ctrl-C does there, it does to all
// programs of the console.
func pass(p *os.Process, s os.Signal) error {
	if runtime.GOOS == "windows" {
		return p.Kill()
	}
	return p.Signal(s)
}

func exitCode(err error) (int, error) {
	exit, ok := errors.AsType[*exec.ExitError](err)
	switch {
	case !ok:
		return 0, err
	case exit.ExitCode() >= 0:
		return exit.ExitCode(), nil
	}
	return killedCode(exit), nil
}

// endSignals are the signals that end a plugin. One that was ignored when it started stays so: nohup and a shell's
// background jobs mean it, and a child inherits it.
func endSignals() []os.Signal {
	var signals []os.Signal
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(s) {
			signals = append(signals, s)
		}
	}
	return signals
}

// again starts this program with nothing of this process but what it is given: anyone who reads our output would wait
// for it otherwise.
func again(args, env []string) error {
	cmd, err := inBackground(args, env)
	if err != nil {
		return err
	}
	return start(cmd)
}

// Beside starts this program once more in the background, as Process.Again does, and returns what it prints. It goes on
// when nobody reads that any more.
func Beside(args, env []string) (io.ReadCloser, error) {
	cmd, err := inBackground(args, env)
	if err != nil {
		return nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout = write
	if err := errors.Join(start(cmd), write.Close()); err != nil {
		_ = read.Close()
		return nil, err
	}
	return read, nil
}

func inBackground(args, env []string) (*exec.Cmd, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, args...)
	// Not the name by which kubectl calls the completions, under which it would only complete.
	cmd.Args[0] = strings.Replace(filepath.Base(path), completer, "kubectl-", 1)
	cmd.Env, cmd.SysProcAttr = env, ownSession()
	return cmd, nil
}

func start(cmd *exec.Cmd) error {
	inherit := keepInherited()
	err := cmd.Start()
	inherit()
	if err != nil {
		return err
	}
	return cmd.Process.Release()
}
