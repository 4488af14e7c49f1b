package tokencache

import (
	"bytes"
	"strconv"
	"syscall"
)

// startTime returns when the process began, in clock ticks since boot (proc_pid_stat(5), field 22), since numbers of
// processes are used again. "" if that cannot be read. It does without os.File, which takes three more system calls.
func startTime(pid int) string {
	fd, err := syscall.Open("/proc/"+strconv.Itoa(pid)+"/stat", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer syscall.Close(fd)
	var buffer [1024]byte // 52 numbers and a name
	n, err := syscall.Read(fd, buffer[:])
	if err != nil {
		return ""
	}
	data := buffer[:n]
	// The second field, the program's name in parentheses, may itself hold blanks and parentheses.
	before := 22 - 3
	for field := range bytes.FieldsSeq(data[bytes.LastIndexByte(data, ')')+1:]) {
		if before == 0 {
			return string(field)
		}
		before--
	}
	return ""
}
