//go:build !linux

package plugin

import (
	"errors"
	"os"
)

// inMemory has no path to give: /dev/fd of macOS is read once only, by all readers together, and Windows has none.
func inMemory(string, []byte) (path string, file *os.File) { return "", nil }

func (c Child) replace() error { return errors.ErrUnsupported }
