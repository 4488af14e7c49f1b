//go:build linux || darwin

package login

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// longLines has a terminal hand on what is typed at once. By lines it keeps 4095 bytes of each (termios(3), canonical
// mode) and drops the rest without a word; the address that a browser ends at may be longer.
func longLines(in io.Reader) (restore func()) {
	f, ok := in.(*os.File)
	if !ok {
		return func() {}
	}
	fd := int(f.Fd())
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return func() {} // not a terminal
	}
	now := *before
	now.Lflag &^= unix.ICANON
	now.Cc[unix.VMIN], now.Cc[unix.VTIME] = 1, 0
	if unix.IoctlSetTermios(fd, setTermios, &now) != nil {
		return func() {}
	}
	return func() { _ = unix.IoctlSetTermios(fd, setTermios, before) }
}
