//go:build unix && !linux

package process

import (
	"os"
	"syscall"
)

func attributes(ownGroup bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: ownGroup}
}

func tie(child *os.Process, ownGroup bool) (release func(), err error) {
	dog, err := watch(child, ownGroup)
	if err != nil {
		return nil, err
	}
	return dog.release, nil
}
