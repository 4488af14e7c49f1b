//go:build unix

package localport

import (
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// reserve binds a port without listening, so that connections go to the one who does listen.
func reserve(at netip.Addr, port int) (release func(), err error) {
	family := unix.AF_INET6
	var address unix.Sockaddr = &unix.SockaddrInet6{Port: port, Addr: at.As16()}
	if at.Is4() {
		family, address = unix.AF_INET, &unix.SockaddrInet4{Port: port, Addr: at.As4()}
	}
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, err
	}
	if err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err == nil {
		err = unix.Bind(fd, address)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return func() { _ = unix.Close(fd) }, nil
}
