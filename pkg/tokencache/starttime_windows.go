package tokencache

import (
	"strconv"
	"syscall"
)

// startTime returns when the process began (GetProcessTimes), since numbers of processes are used again, on Windows
// soon. "" if that cannot be read.
func startTime(pid int) string {
	const queryLimitedInformation = 0x1000 // PROCESS_QUERY_LIMITED_INFORMATION: also of a process with more rights
	process, err := syscall.OpenProcess(queryLimitedInformation, false, uint32(pid))
	if err != nil {
		return ""
	}
	defer syscall.CloseHandle(process)
	var created, exited, kernel, user syscall.Filetime
	if err := syscall.GetProcessTimes(process, &created, &exited, &kernel, &user); err != nil {
		return ""
	}
	return strconv.FormatInt(created.Nanoseconds(), 10)
}
