package colour

import (
	"os"

	"golang.org/x/sys/windows"
)

// unnamedIsDumb: nothing on Windows sets TERM.
const unnamedIsDumb = false

// enable has a console obey sequences: those of Windows 10 and later do when asked, older ones refuse.
func enable(f *os.File) bool {
	console := windows.Handle(f.Fd())
	var mode uint32
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return false
	}
	const obeys = windows.ENABLE_PROCESSED_OUTPUT | windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING
	return mode&obeys == obeys || windows.SetConsoleMode(console, mode|obeys) == nil
}
