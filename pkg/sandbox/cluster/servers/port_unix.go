//go:build unix

package servers

import (
	"fmt"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// ReservePort returns a TCP port of an address that the system gives to nobody else until release is called: the one
// that is asked for, or a free one for 0. A server that sets SO_REUSEPORT (kube-apiserver --permit-port-sharing) can
// listen on it.
func ReservePort(at netip.Addr, port int) (reserved int, release func(), err error) {
	family := unix.AF_INET
	if at.Is6() {
		family = unix.AF_INET6
	}
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return 0, nil, fmt.Errorf("reserve a port: %w", err)
	}
	release = func() { unix.Close(fd) }
	if reserved, err = bind(fd, at, port); err != nil {
		release()
		return 0, nil, portError(at, port, err)
	}
	return reserved, release, nil
}

// bind binds fd without listening, so that connections go to the one who does listen.
func bind(fd int, at netip.Addr, port int) (int, error) {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return 0, err
	}
	var address unix.Sockaddr = &unix.SockaddrInet6{Port: port, Addr: at.As16()}
	if at.Is4() {
		address = &unix.SockaddrInet4{Port: port, Addr: at.As4()}
	}
	if err := unix.Bind(fd, address); err != nil {
		return 0, err
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return 0, err
	}
	switch name := name.(type) {
	case *unix.SockaddrInet4:
		return name.Port, nil
	case *unix.SockaddrInet6:
		return name.Port, nil
	}
	return 0, fmt.Errorf("unexpected address %T", name)
}
