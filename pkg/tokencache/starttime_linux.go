package tokencache

import (
	"bytes"
	"os"
	"strconv"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// startTime returns when the process began, in clock ticks since boot (proc_pid_stat(5), field 22), since numbers of
// processes are used again. "" if that cannot be read.
func startTime(pid int) string {
	f, err := securefile.Open("/proc/"+strconv.Itoa(pid)+"/stat", os.O_RDONLY, 0)
	if err != nil {
		return ""
	}
	defer f.Close()
	var buffer [1024]byte // 52 numbers and a name
	n, _ := f.Read(buffer[:])
	data := buffer[:n]
	// The second field, the program's name in parentheses, may itself hold blanks and parentheses.
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	const field = 22 - 3
	if len(fields) <= field {
		return ""
	}
	return string(fields[field])
}
