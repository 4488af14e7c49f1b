// Package process runs child processes that do not outlive their parent, however the parent ends.
//
// The kernel sees to that where it can: a parent-death signal on Linux, a job object on Windows. On other systems a
// shell waits for a pipe of the parent's to close and kills the child then.
package process

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// Process is a started child process.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// Start starts cmd, whose SysProcAttr it sets. With ownGroup the child gets a process group of its own, so that Ctrl-C
// in the terminal does not reach it.
func Start(cmd *exec.Cmd, ownGroup bool) (*Process, error) {
	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// Linux sends the parent-death signal when the thread that made the child ends: keep it to this goroutine.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		cmd.SysProcAttr = attributes(ownGroup)
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		release, err := tie(cmd.Process, ownGroup)
		if err != nil {
			cmd.Process.Kill()
			_ = cmd.Wait()
			started <- fmt.Errorf("tie %s to this process: %w", cmd.Path, err)
			return
		}
		started <- nil
		p.err = cmd.Wait()
		release()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// Done is closed when the child has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for the child's end and returns what exec.Cmd.Wait says of it.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Signal sends the child a signal. A child that has ended already is not an error.
func (p *Process) Signal(s os.Signal) {
	p.cmd.Process.Signal(s)
}

// Stop asks the child to terminate, kills it when it has not ended after grace, and waits for its end.
func (p *Process) Stop(grace time.Duration) {
	p.Signal(syscall.SIGTERM) // undeliverable on Windows, where the kill below does the work
	select {
	case <-p.done:
	case <-time.After(grace):
		p.cmd.Process.Kill()
		<-p.done
	}
}
