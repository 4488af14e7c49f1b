package hint

import (
	"runtime"
	"strconv"
	"strings"
)

// Commands in hints are for the shell of the person who reads them. On Windows that is PowerShell or cmd.exe: what is
// said here is understood by both.
const onWindows = runtime.GOOS == "windows"

// Word is s as one word of a shell's command, for a hint that can be pasted.
func Word(s string) string {
	plain := s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune("-_./:@%+=,", r) || onWindows && r == '\\')
	}) < 0
	switch {
	case plain:
		return s
	case onWindows && !strings.Contains(s, `"`):
		return `"` + s + `"`
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Path is a path in a message, in quotes: it can be pasted, also on Windows, whose backslashes %q would double.
func Path(path string) string {
	if onWindows {
		return `"` + Printable(path) + `"`
	}
	return strconv.Quote(path)
}

// Delete is the command that removes a file.
func Delete(path string) string {
	if onWindows {
		return "del " + Word(path)
	}
	return "rm " + Word(path)
}

// MakeWritable is the command that lets the user write a file that is read-only.
func MakeWritable(path string) string {
	if onWindows {
		return "attrib -R " + Word(path)
	}
	return "chmod u+w " + Word(path)
}

// Own is what to do about a file of the user's that the user may not use.
func Own(path string) string {
	if onWindows {
		return "have a look at who may use it: icacls " + Word(path)
	}
	return "if a command that ran with sudo made it: sudo chown -R \"$USER\" " + Word(path)
}

// Unset is how a variable is taken out of the environment.
func Unset(variable string) string {
	if onWindows { // where each shell has another command for it
		return "take " + variable + " out of the environment"
	}
	return "unset " + variable
}
