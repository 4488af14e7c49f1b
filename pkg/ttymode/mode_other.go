//go:build !linux && !darwin

package ttymode

import "io"

// Prompt does nothing: no key stops a program of Windows.
func Prompt(io.Reader) (restore func()) { return func() {} }

// LongLines does nothing: consoles of Windows have no such limit.
func LongLines(io.Reader) (restore func()) { return func() {} }
