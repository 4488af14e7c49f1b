package tokencache

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// startTime returns when the process began (sysctl(3), kern.proc.pid), since numbers of processes are used again. "" if
// that cannot be read.
func startTime(pid int) string {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return ""
	}
	return strconv.FormatInt(info.Proc.P_starttime.Nano(), 10)
}
