package scripttest

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// withoutPower runs f where even root is held to the modes of files, and so are the processes that f starts.
func withoutPower(f func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if os.Geteuid() == 0 {
			// A program that is run as root gets the capabilities of the bounding set (capabilities(7)).
			for _, capability := range []uintptr{unix.CAP_DAC_OVERRIDE, unix.CAP_DAC_READ_SEARCH} {
				if err := unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0); err != nil {
					result <- fmt.Errorf("drop capability %d: %w", capability, err)
					return
				}
			}
		}
		result <- f()
	}()
	return <-result
}
