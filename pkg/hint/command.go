package hint

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Commands in hints are for the shell of the person who reads them. On Windows that is PowerShell or cmd.exe: what is
// said here is understood by both.
const onWindows = runtime.GOOS == "windows"

// Word is s as one word of a shell's command, for a hint that can be pasted.
func Word(s string) string { return word(s, onWindows) }

// Argument is s as an argument of a command that takes words and flags: one that begins as a flag does stands behind
// "--".
func Argument(s string) string {
	if strings.HasPrefix(s, "-") {
		return "-- " + Word(s)
	}
	return Word(s)
}

func word(s string, windows bool) string {
	plain := s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune("-_./:+=", r) || strings.ContainsRune("@%,", r) && !windows ||
			r == '\\' && windows)
	}) < 0
	switch {
	case plain && s[0] != '=': // which zsh replaces
		return s
	case windows && !strings.ContainsAny(s, "\"$`\u201c\u201d\u201e"):
		return `"` + s + `"`
	}
	return single(s, windows)
}

// single is s in the quotes in which shells replace nothing.
func single(s string, windows bool) string {
	if windows { // PowerShell, for which these are quotes as well
		for _, quote := range []string{"'", "\u2018", "\u2019", "\u201a", "\u201b"} {
			s = strings.ReplaceAll(s, quote, quote+quote)
		}
		return "'" + s + "'"
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Path is a path in a message, in quotes: it can be pasted into a shell, also on Windows, whose backslashes %q would
// double, and also behind a command that would take it for a flag.
func Path(path string) string { return quotedPath(path, onWindows) }

func quotedPath(path string, windows bool) string {
	path = noFlag(Printable(path))
	if strings.ContainsAny(path, "\"$`!") || !windows && strings.Contains(path, `\`) {
		return single(path, windows)
	}
	return `"` + path + `"`
}

// noFlag has a path not begin as a flag does.
func noFlag(path string) string {
	if strings.HasPrefix(path, "-") {
		return "./" + path
	}
	return path
}

// Delete is the command that removes a file.
func Delete(path string) string {
	if onWindows {
		return "del " + Word(noFlag(path))
	}
	return "rm " + Word(noFlag(path))
}

// mostMoved bounds the search for a free name.
const mostMoved = 100

// MoveAway is the command that keeps a file, or a folder, under another name, which no other one has: mv would replace
// a file, and put a folder into the other.
func MoveAway(path string) string {
	verb := "mv "
	if onWindows {
		verb = "move "
	}
	free := path + ".old"
	for i := 2; i < mostMoved; i++ {
		if _, err := os.Lstat(free); err != nil {
			break
		}
		free = fmt.Sprintf("%s.old%d", path, i)
	}
	return verb + Word(noFlag(path)) + " " + Word(noFlag(free))
}

// MakeWritable is the command that lets the user write a file that is read-only.
func MakeWritable(path string) string {
	if onWindows {
		return "attrib -R " + Word(noFlag(path))
	}
	return "chmod u+w " + Word(noFlag(path))
}

// Own is what to do about a file of the user's that the user may not use.
func Own(path string) string {
	if onWindows {
		return "have a look at who may use it: icacls " + Word(noFlag(path))
	}
	return "if a command that ran with sudo made it: sudo chown -R \"$USER\" " + Word(noFlag(path))
}

// Set is how a variable gets a value, which is put as it is. In PowerShell and in cmd.exe it is another command.
func Set(variable, value string) string {
	if onWindows {
		return "put " + variable + "=" + value + " into the environment"
	}
	return "export " + variable + "=" + value
}

// Unset is how a variable is taken out of the environment.
func Unset(variable string) string {
	if onWindows { // where each shell has another command for it
		return "take " + variable + " out of the environment"
	}
	return "unset " + variable
}
