package ttymode

import "golang.org/x/sys/unix"

const (
	getTermios, setTermios = unix.TIOCGETA, unix.TIOCSETA
	noKey                  = 0xff // _POSIX_VDISABLE
)

// stopKeys are the places of the keys that stop a program.
func stopKeys() []int { return []int{unix.VSUSP, unix.VDSUSP} }
