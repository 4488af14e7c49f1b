package inject

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Launch becomes the program of args, whose calls that change files stop for the tracer from then on.
func Launch(args, env []string) error {
	runtime.LockOSThread() // the filter is the thread's, and exec keeps that of the thread that calls it
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("set no_new_privs: %w", err)
	}
	filter := program()
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0,
		uintptr(unsafe.Pointer(&prog))); errno != 0 {
		return fmt.Errorf("set the filter: %w", errno)
	}
	return fmt.Errorf("start %s: %w", args[0], syscall.Exec(args[0], args, env))
}

// program is the filter: calls that change files go to the tracer, opens only if they may write or make, fcntl only if
// it locks.
func program() []unix.SockFilter {
	const (
		load  = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		anyOf = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
		ret   = unix.BPF_RET | unix.BPF_K

		number, arch = 0, 4 // offsets in struct seccomp_data
	)
	arg := func(i uint32) uint32 { return 16 + 8*i }
	trace := unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_TRACE}
	allow := unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW}
	list := []unix.SockFilter{
		{Code: load, K: arch},
		{Code: equal, K: unix.AUDIT_ARCH_X86_64, Jt: 1},
		allow,
		{Code: load, K: number},
	}
	for _, nr := range slices.Sorted(maps.Keys(calls())) {
		rest := []unix.SockFilter{trace}
		switch nr {
		case unix.SYS_OPEN, unix.SYS_OPENAT:
			flags := uint32(1)
			if nr == unix.SYS_OPENAT {
				flags = 2
			}
			rest = []unix.SockFilter{{Code: load, K: arg(flags)}, {Code: anyOf, K: changes, Jf: 1}, trace, allow}
		case unix.SYS_FCNTL:
			rest = []unix.SockFilter{
				{Code: load, K: arg(1)},
				{Code: equal, K: unix.F_SETLK, Jt: 3},
				{Code: equal, K: unix.F_SETLKW, Jt: 2},
				{Code: equal, K: unix.F_OFD_SETLK, Jt: 1},
				{Code: equal, K: unix.F_OFD_SETLKW, Jf: 1},
				trace, allow,
			}
		}
		list = append(list, unix.SockFilter{Code: equal, K: uint32(nr), Jf: uint8(len(rest))})
		list = append(list, rest...)
	}
	return append(list, allow)
}
