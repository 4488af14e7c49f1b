//go:build linux || darwin

package credential

import (
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// waitForMint waits while another process mints, which pkg/mint has it hold this lock for, and reports whether one did.
// Any number of helpers can wait so: each would take several times the memory, and a hundred times as long to start, if
// it replaced itself by kubectl-edge first. After patience it returns true too; kubectl-edge waits for what remains.
//
// A wait that a person notices is said. It is an error when the process that asked ends meanwhile.
func waitForMint(lock string, patience time.Duration, say func()) (waited bool, err error) {
	f, err := securefile.Open(lock, os.O_RDONLY|securefile.NoFollow, 0)
	if err != nil {
		return false, nil
	}
	defer f.Close()
	fd := int(f.Fd())
	if syscall.Flock(fd, syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		return false, nil
	}
	released := make(chan struct{})
	go func() {
		for syscall.Flock(fd, syscall.LOCK_SH) == syscall.EINTR { // the runtime's own signals
		}
		close(released)
	}()
	parent, look := os.Getppid(), time.NewTicker(time.Second)
	defer look.Stop()
	noticed, enough := time.After(noticedAfter), time.After(patience)
	for {
		select {
		case <-released:
			return true, nil
		case <-enough:
			return true, nil
		case <-noticed:
			say()
		case <-look.C:
			if os.Getppid() != parent {
				return true, errors.New("wait for a token: the program that asked for it has ended")
			}
		}
	}
}
