//go:build !linux

package plugin

import "io"

// Reserve does nothing: the other systems have no such call, or one that changes the file.
func Reserve(io.Writer) error { return nil }
