package process

import (
	"os"
	"syscall"
)

func attributes(ownGroup bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: ownGroup, Pdeathsig: syscall.SIGKILL}
}

func tie(*os.Process, bool) (release func(), err error) { return func() {}, nil }
