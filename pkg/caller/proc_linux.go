package caller

import (
	"bytes"
	"os"
	"strconv"
	"strings"
)

// environmentOf reads what the process was started with: what it changed itself since is not there.
func environmentOf(pid int) (Environment, bool) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil || len(data) == 0 { // empty: a zombie
		return nil, false
	}
	return parse(strings.Split(strings.TrimRight(string(data), "\x00"), "\x00")), true
}

// isShell reports whether the process runs what a person or a script wrote, and does not read kubeconfigs itself.
func isShell(pid int) bool {
	exe, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/exe")
	if err != nil {
		return false
	}
	switch exe[strings.LastIndexByte(exe, '/')+1:] {
	case "sh", "bash", "dash", "ash", "busybox", "zsh", "ksh", "ksh93", "mksh", "fish", "tcsh", "csh", "pwsh", "nu":
		return true
	}
	return false
}

// isKubectl reports whether the process is a kubectl, or one of our programs, which call kubectl.
func isKubectl(pid int) bool {
	exe, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/exe")
	return err != nil || strings.HasPrefix(exe[strings.LastIndexByte(exe, '/')+1:], "kubectl")
}

// parentOf reads proc_pid_stat(5): the fields begin after the last parenthesis, since a program's name may have some.
func parentOf(pid int) (int, bool) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, false
	}
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(fields) < 2 {
		return 0, false
	}
	parent, err := strconv.Atoi(string(fields[1]))
	return parent, err == nil && parent > 0
}
