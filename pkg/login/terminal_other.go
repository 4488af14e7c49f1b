//go:build !linux && !darwin

package login

import "io"

// longLines does nothing: consoles of Windows have no such limit.
func longLines(io.Reader) (restore func()) { return func() {} }
