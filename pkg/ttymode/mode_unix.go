//go:build linux || darwin

// Package ttymode changes how a terminal hands on what a person types while they are asked for it.
//
// Ctrl-Z is then no key: a shell that got the terminal meanwhile would be in our mode, perhaps without an echo, and
// after fg it could show what is typed. The prompts of gh take it so, too. What else is pressed stays what it was.
package ttymode

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Prompt is for a line that the terminal reads.
func Prompt(in io.Reader) (restore func()) { return change(in, func(*unix.Termios) {}) }

// LongLines has a terminal hand on what is typed at once. By lines it keeps 4095 bytes of each (termios(3), canonical
// mode) and drops the rest without a word; the address that a browser ends at may be longer.
func LongLines(in io.Reader) (restore func()) {
	return change(in, func(now *unix.Termios) {
		now.Lflag &^= unix.ICANON
		now.Cc[unix.VMIN], now.Cc[unix.VTIME] = 1, 0
	})
}

func change(in io.Reader, mode func(*unix.Termios)) (restore func()) {
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
	for _, key := range stopKeys() {
		now.Cc[key] = noKey
	}
	mode(&now)
	if unix.IoctlSetTermios(fd, setTermios, &now) != nil {
		return func() {}
	}
	return func() { _ = unix.IoctlSetTermios(fd, setTermios, before) }
}
