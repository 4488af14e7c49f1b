// Package inject runs a command and lets one of its file system calls fail, or kills the process that makes it.
//
// It is a tracer of its own because strace's inject=...:when= counts the calls of each thread for itself, and which
// thread of a Go program makes the n-th call is up to its scheduler. Here a call is known by what it is, the path that
// it is about and its ordinal among those, counted over all threads and children, so that the same call is met again.
// A filter in the kernel (hack/faultwalk/launch) stops the command at calls that change files alone, so that a run
// under it takes little longer than one without.
package inject

import (
	"fmt"
	"os"
	"regexp"
	"syscall"
)

// Fault is what happens to a call.
type Fault struct {
	Name string
	// The call fails with this, and is not made.
	Errno syscall.Errno
	// So does each later call, of all processes, that needs more space on the disk than is there.
	Full bool
	// A write writes half of its bytes.
	Short bool
	// The process is killed: before the call, or after it with Short.
	Kill bool
}

// Faults are all faults.
func Faults() []Fault {
	return []Fault{
		{Name: "kill", Kill: true},
		{Name: "torn", Kill: true, Short: true},
		{Name: "ENOSPC", Errno: syscall.ENOSPC, Full: true},
		{Name: "short", Short: true},
		{Name: "EIO", Errno: syscall.EIO},
		{Name: "EPERM", Errno: syscall.EPERM},
		{Name: "EACCES", Errno: syscall.EACCES},
		{Name: "EINVAL", Errno: syscall.EINVAL},
		{Name: "EBUSY", Errno: syscall.EBUSY},
		{Name: "ENOLCK", Errno: syscall.ENOLCK},
		{Name: "EROFS", Errno: syscall.EROFS},
	}
}

// What says in words what happens.
func (f Fault) What() string {
	switch {
	case f.Kill && f.Short:
		return "killed in the middle of a write"
	case f.Kill:
		return "killed before the call"
	case f.Short:
		return "a short write"
	case f.Full:
		return f.Errno.Error() + " from the call on"
	}
	return f.Errno.Error()
}

// Call is a call that changes files or locks them: "write" of "config/x.json", the second.
type Call struct {
	Name    string // of the system call, one name for the variants of a call
	Path    string // what the path is to Command.Class
	Ordinal int    // among those of the same name and path, from 1
}

func (c Call) String() string { return fmt.Sprintf("%s %s#%d", c.Name, c.Path, c.Ordinal) }

// Takes reports whether the fault makes sense for the call: only a write can be short. A writer looks in eight places
// for what earlier ones left, in one loop: errors, unlike a kill or a full disk, are met in two of them.
func (c Call) Takes(f Fault) bool {
	if c.Name == "open" && f.Errno != 0 && !f.Full && alike.MatchString(c.Path) {
		return false
	}
	return !f.Short || c.Name == "write"
}

// alike are the names of temporary files that all writers try the same way, after the first two.
var alike = regexp.MustCompile(`\.tmp-.*-[2-7]$`)

// Command is a command to run.
type Command struct {
	Launcher string   // the program of hack/faultwalk/launch
	Args     []string // the first is the program's path
	Env      []string
	Dir      string

	Stdin, Stdout, Stderr *os.File

	Root  string                  // calls below this folder count
	Class func(rel string) string // what stands for a path below Root, so that it is the same in each run
}

// Result is what came of a command.
type Result struct {
	Code  int    // exit code; -1 after a signal
	Calls []Call // in their order
	Hit   bool   // the fault's call was made
}
