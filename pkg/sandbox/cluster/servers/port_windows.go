package servers

import (
	"net"
	"net/netip"
)

// ReservePort returns a TCP port of an address that was free a moment ago: Windows has no port sharing that would keep
// it.
func ReservePort(at netip.Addr, port int) (reserved int, release func(), err error) {
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(at, uint16(port))))
	if err != nil {
		return 0, nil, portError(at, port, err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, func() {}, nil
}
