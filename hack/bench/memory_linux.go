package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// resident is what a process had in memory at its end, in KiB.
type resident struct {
	largest int64 // at any time, with the pages of its program file that it touched
	own     int64 // what it allocated itself, and shares with nobody
}

// memory runs a command and reads its memory when it is about to exit. The figures of wait4(2) would not do: they count
// the size of a program's parent in, and this one is larger than the helper.
func memory(c command) (resident, error) {
	runtime.LockOSThread() // the thread that traces
	defer runtime.UnlockOSThread()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return resident{}, err
	}
	defer null.Close()
	stderr := os.Stderr
	if c.chatty {
		stderr = null
	}
	process, err := os.StartProcess(c.args[0], c.args, &os.ProcAttr{
		Env: append(os.Environ(), c.env...), Files: []*os.File{null, null, stderr},
		Sys: &syscall.SysProcAttr{Ptrace: true},
	})
	if err != nil {
		return resident{}, err
	}
	pid := process.Pid
	var r resident
	const exits = syscall.PTRACE_EVENT_EXIT
	for options := false; ; {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil {
			return r, err
		}
		signal := 0
		switch {
		case status.Exited() && status.ExitStatus() == c.status && r.own > 0:
			return r, nil
		case status.Exited(), status.Signaled():
			return r, fmt.Errorf("%s ended with status %#x", c.args[0], status)
		case !options:
			if err := syscall.PtraceSetOptions(pid, syscall.PTRACE_O_TRACEEXIT); err != nil {
				return r, err
			}
			options = true
		case status.TrapCause() == exits:
			if r, err = readMemory(pid); err != nil {
				return r, err
			}
		case status.StopSignal() != syscall.SIGTRAP: // that is the tracing's own
			signal = int(status.StopSignal())
		}
		if err := syscall.PtraceCont(pid, signal); err != nil {
			return r, err
		}
	}
}

func readMemory(pid int) (resident, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return resident{}, err
	}
	var r resident
	for line := range bytes.Lines(data) {
		for name, value := range map[string]*int64{"VmHWM:": &r.largest, "RssAnon:": &r.own} {
			if rest, ok := bytes.CutPrefix(line, []byte(name)); ok {
				if _, err := fmt.Sscan(string(rest), value); err != nil {
					return r, err
				}
			}
		}
	}
	return r, nil
}
