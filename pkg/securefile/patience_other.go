//go:build !windows

package securefile

import "os"

// CheckReplaceable has nothing to check: an open file can be replaced.
func CheckReplaceable(string) error { return nil }

// Remove is os.Remove.
func Remove(path string) error { return os.Remove(path) }
