package ttymode

import "golang.org/x/sys/unix"

const (
	getTermios, setTermios = unix.TCGETS, unix.TCSETS
	noKey                  = 0 // _POSIX_VDISABLE
)

// stopKeys are the places of the keys that stop a program.
func stopKeys() []int { return []int{unix.VSUSP} }
