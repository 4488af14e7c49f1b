//go:build linux || darwin

package credential

import (
	"os"
	"syscall"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// waitForMint waits while another process mints, which pkg/mint has it hold this lock for, and reports whether one did.
// Any number of helpers can wait so: each would take several times the memory, and a hundred times as long to start, if
// it replaced itself by kubectl-edge first. After patience it returns true too; kubectl-edge waits for what remains.
func waitForMint(lock string, patience time.Duration) bool {
	f, err := securefile.Open(lock, os.O_RDONLY|securefile.NoFollow, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	fd := int(f.Fd())
	if syscall.Flock(fd, syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		return false
	}
	released := make(chan struct{})
	go func() {
		for syscall.Flock(fd, syscall.LOCK_SH) == syscall.EINTR { // the runtime's own signals
		}
		close(released)
	}()
	select {
	case <-released:
	case <-time.After(patience):
	}
	return true
}
