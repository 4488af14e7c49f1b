//go:build unix

package cluster

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// reservePort returns a free TCP port of 127.0.0.1 that the system gives to nobody else until release is called. A
// server that sets SO_REUSEPORT (kube-apiserver --permit-port-sharing) can listen on it.
func reservePort() (port int, release func(), err error) {
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return 0, nil, fmt.Errorf("reserve a port: %w", err)
	}
	release = func() { unix.Close(fd) }
	if port, err = bind(fd); err != nil {
		release()
		return 0, nil, fmt.Errorf("reserve a port: %w", err)
	}
	return port, release, nil
}

// bind binds fd without listening, so that connections go to the one who does listen.
func bind(fd int) (port int, err error) {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return 0, err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, err
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return 0, err
	}
	address, ok := name.(*unix.SockaddrInet4)
	if !ok {
		return 0, fmt.Errorf("unexpected address %T", name)
	}
	return address.Port, nil
}
