package cluster

import (
	"fmt"
	"net"
)

// reservePort returns a TCP port of 127.0.0.1 that was free a moment ago: Windows has no port sharing that would keep
// it.
func reservePort() (port int, release func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, nil, fmt.Errorf("reserve a port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, func() {}, nil
}
