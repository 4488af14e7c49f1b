package inject

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Tracer runs commands, one at a time. It has a thread of its own from its start to its end: the calls of ptrace have
// to come from one, and so does wait4, which would take the children that another goroutine started on a shared one.
type Tracer struct {
	jobs chan func()
}

// New starts a tracer.
func New() *Tracer {
	t := &Tracer{jobs: make(chan func())}
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		for job := range t.jobs {
			job()
		}
	}()
	return t
}

// Close ends it.
func (t *Tracer) Close() { close(t.jobs) }

// Run runs the command to the end of it and of all its children. Without a fault it only notes the calls.
func (t *Tracer) Run(ctx context.Context, c Command, target Call, fault *Fault) (result Result, err error) {
	over := make(chan struct{})
	t.jobs <- func() {
		defer close(over)
		result, err = run(ctx, c, target, fault)
	}
	<-over
	return result, err
}

// tracer is the one of one command.
type tracer struct {
	Command
	fault  *Fault
	target Call

	first   int // the process of the command
	started map[int]bool
	counts  map[Call]int // with ordinal 0
	full    bool         // the disk is, from now on
	torn    int          // the thread that is killed when its call is over
	result  Result

	mu      sync.Mutex
	threads map[int]bool // that live, for the end of ctx
}

func run(ctx context.Context, c Command, target Call, fault *Fault) (Result, error) {
	t := &tracer{Command: c, fault: fault, target: target, started: map[int]bool{}, counts: map[Call]int{},
		threads: map[int]bool{}}
	pid, err := syscall.ForkExec(c.Launcher, append([]string{c.Launcher}, c.Args...), &syscall.ProcAttr{
		Dir: c.Dir, Env: c.Env, Files: []uintptr{c.Stdin.Fd(), c.Stdout.Fd(), c.Stderr.Fd()},
		Sys: &syscall.SysProcAttr{Ptrace: true},
	})
	if err != nil {
		return Result{}, fmt.Errorf("start %s: %w", c.Launcher, err)
	}
	t.first = pid
	t.note(pid)
	stop := context.AfterFunc(ctx, t.killAll)
	defer stop()
	err = t.loop()
	if err == nil {
		err = ctx.Err()
	}
	return t.result, err
}

func (t *tracer) note(tid int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.threads[tid] = true
}

func (t *tracer) forget(tid int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.threads, tid)
}

func (t *tracer) killAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for tid := range t.threads {
		_ = unix.Kill(tid, unix.SIGKILL)
	}
}

// loop follows all threads until none is left.
func (t *tracer) loop() error {
	for {
		var status unix.WaitStatus
		tid, err := unix.Wait4(-1, &status, unix.WALL|unix.WNOTHREAD, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ECHILD):
			return nil
		case err != nil:
			return os.NewSyscallError("wait4", err)
		}
		if !status.Stopped() {
			t.forget(tid)
			if tid == t.first {
				t.result.Code = status.ExitStatus()
			}
			continue
		}
		t.note(tid)
		// A thread that was killed meanwhile is no error: it is heard of by wait4.
		if err := t.stopped(tid, status); err != nil && !errors.Is(err, unix.ESRCH) {
			t.killAll()
			return err
		}
	}
}

func (t *tracer) stopped(tid int, status unix.WaitStatus) error {
	signal := int(status.StopSignal())
	if !t.started[tid] {
		t.started[tid] = true
		if tid == t.first {
			return t.begin(tid)
		}
		if signal == int(unix.SIGSTOP) {
			return unix.PtraceCont(tid, 0) // how a new thread is handed over
		}
	}
	switch {
	case status.TrapCause() == unix.PTRACE_EVENT_SECCOMP:
		return t.entered(tid)
	case signal == int(unix.SIGTRAP)|0x80: // the end of a call
		if tid == t.torn {
			return t.kill(tid)
		}
		return unix.PtraceCont(tid, 0)
	case signal == int(unix.SIGTRAP) && status.TrapCause() > 0:
		return unix.PtraceCont(tid, 0)
	}
	return unix.PtraceCont(tid, signal)
}

func (t *tracer) begin(tid int) error {
	const options = unix.PTRACE_O_TRACESECCOMP | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEFORK |
		unix.PTRACE_O_TRACEVFORK | unix.PTRACE_O_TRACEEXEC | unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_EXITKILL
	if err := unix.PtraceSetOptions(tid, options); err != nil {
		return os.NewSyscallError("ptrace", err)
	}
	return unix.PtraceCont(tid, 0)
}

// entered decides about a call that is about to be made.
func (t *tracer) entered(tid int) error {
	var regs unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &regs); err != nil {
		return err
	}
	e, err := describe(tid, &regs)
	if err != nil {
		return err
	}
	rel, ok := strings.CutPrefix(e.path, t.Root+"/")
	if !ok { // not below it, or nothing that changes a file
		return unix.PtraceCont(tid, 0)
	}
	call := Call{Name: e.name, Path: t.Class(rel)}
	t.counts[call]++
	call.Ordinal = t.counts[call]
	t.result.Calls = append(t.result.Calls, call)
	if t.fault != nil && !t.result.Hit && call == t.target {
		t.result.Hit, t.full = true, t.fault.Full
		return t.inject(tid, &regs)
	}
	if t.full && e.needsSpace(tid, &regs) {
		return fail(tid, &regs, t.fault.Errno)
	}
	return unix.PtraceCont(tid, 0)
}

func (t *tracer) inject(tid int, regs *unix.PtraceRegs) error {
	switch {
	case t.fault.Short:
		regs.Rdx /= 2
		if err := unix.PtraceSetRegs(tid, regs); err != nil {
			return err
		}
		if t.fault.Kill {
			t.torn = tid
			return unix.PtraceSyscall(tid, 0)
		}
		return unix.PtraceCont(tid, 0)
	case t.fault.Kill:
		return t.kill(tid)
	}
	return fail(tid, regs, t.fault.Errno)
}

// fail skips the call: number -1 is none, and the result is what stands in its register.
func fail(tid int, regs *unix.PtraceRegs, errno syscall.Errno) error {
	regs.Orig_rax, regs.Rax = ^uint64(0), -uint64(errno)
	if err := unix.PtraceSetRegs(tid, regs); err != nil {
		return err
	}
	return unix.PtraceCont(tid, 0)
}

// kill kills the process of a thread.
func (t *tracer) kill(tid int) error {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(string(status), "\nTgid:")
	line, _, _ := strings.Cut(rest, "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		return fmt.Errorf("the process of thread %d: %w", tid, err)
	}
	return unix.Kill(pid, unix.SIGKILL)
}
