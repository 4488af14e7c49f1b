// Package localport gives out the TCP ports of a sandbox, which has them again after a restart and after a listener was
// closed for a while.
package localport

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Free ports are taken from below those that systems give to outgoing connections (from 32768 on Linux and 49152
// elsewhere). Any connection of this machine could have one of those while nobody listens on it.
const (
	first    = 20000
	last     = 29999
	attempts = 100
)

// Listen listens at a port of an address, or at a free one for 0. What holds the port does not get it taken away by an
// outgoing connection when it closes the listener and listens again.
func Listen(at netip.Addr, port int) (net.Listener, error) {
	if port == 0 {
		for range attempts {
			if l, err := listen(at, first+rand.IntN(last-first+1)); err == nil {
				return l, nil
			}
		}
	}
	l, err := insist(func() (net.Listener, error) { return listen(at, port) })
	if err != nil {
		return nil, taken(fmt.Errorf("listen: %w", err))
	}
	return l, nil
}

// insist tries a port for a while that somebody has. A program that is being started has a copy of every listener of
// the process that starts it, until it is executed: on a busy machine, a port that this process has closed can be taken
// for that long.
func insist[T any](try func() (T, error)) (got T, err error) {
	_ = wait.PollUntilContextTimeout(context.Background(), pause, patience, true, func(context.Context) (bool, error) {
		got, err = try()
		return !errors.Is(err, syscall.EADDRINUSE), nil
	})
	return got, err
}

const (
	pause    = 20 * time.Millisecond
	patience = 2 * time.Second
)

func listen(at netip.Addr, port int) (net.Listener, error) {
	network := "tcp"
	if at.Is4() {
		network = "tcp4" // 0.0.0.0 is IPv6 too otherwise
	}
	return net.ListenTCP(network, net.TCPAddrFromAddrPort(netip.AddrPortFrom(at, uint16(port))))
}

// Free returns a port that was free a moment ago.
func Free(at netip.Addr) (int, error) {
	l, err := Listen(at, 0)
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// Reserve returns a TCP port of an address that the system gives to nobody else until release is called: the one that
// is asked for, or a free one for 0. A server that sets SO_REUSEPORT (kube-apiserver --permit-port-sharing) can listen
// on it. On Windows, which has no port sharing, it is one that was free a moment ago.
func Reserve(at netip.Addr, port int) (reserved int, release func(), err error) {
	if port == 0 {
		// Binding alone would share the port of another sandbox's server.
		if port, err = Free(at); err != nil {
			return 0, nil, fmt.Errorf("reserve a port: %w", err)
		}
	}
	release, err = insist(func() (func(), error) { return reserve(at, port) })
	if err != nil {
		return 0, nil, taken(fmt.Errorf("reserve port %d of %s: %w", port, at, err))
	}
	return port, release, nil
}

func taken(err error) error {
	return hint.Wrap(err, "another program may have the port, or this machine not the address: choose another "+
		"--listen, and with --data-dir another folder, whose tokens name the address")
}
