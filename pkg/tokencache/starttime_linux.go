package tokencache

import (
	"bytes"
	"fmt"
	"os"
)

// startTime returns when the process began, in clock ticks since boot (proc_pid_stat(5), field 22), since numbers of
// processes are used again. "" if that cannot be read.
func startTime(pid int) string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// The second field, the program's name in parentheses, may itself hold blanks and parentheses.
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	const field = 22 - 3
	if len(fields) <= field {
		return ""
	}
	return string(fields[field])
}
