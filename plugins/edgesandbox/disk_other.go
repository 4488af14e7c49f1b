//go:build !linux && !darwin && !freebsd

package edgesandbox

import "errors"

// freeBytes is how much may still be written in a folder.
func freeBytes(string) (uint64, error) { return 0, errors.ErrUnsupported }
