//go:build unix

package edge

import (
	"os"

	"golang.org/x/sys/unix"
)

// startedDetached reports whether this process leads a session of its own, as what the helper starts in the background.
func startedDetached() bool {
	session, err := unix.Getsid(0)
	return err == nil && session == os.Getpid()
}
