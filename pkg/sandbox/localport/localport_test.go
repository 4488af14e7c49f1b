package localport_test

import (
	"net"
	"net/netip"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/localport"
)

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// An outgoing connection may have any port of the system's own range, which begins here on Linux and higher elsewhere.
const firstOfConnections = 32768

func TestFreePortsAreNotThoseOfConnections(t *testing.T) {
	for range 20 {
		l, err := localport.Listen(loopback, 0)
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		if port >= firstOfConnections {
			t.Errorf("Listen chose port %d, which a connection can take once nobody listens", port)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if l, err = localport.Listen(loopback, port); err != nil {
			t.Fatalf("listen again: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReserveChoosesAPortThatNobodyHas(t *testing.T) {
	port, release, err := localport.Reserve(loopback, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if port == 0 || port >= firstOfConnections {
		t.Errorf("Reserve chose port %d, which a connection can take once nobody listens", port)
	}
}

func TestTakenPortHasAHint(t *testing.T) {
	l, err := localport.Listen(loopback, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	if _, err := localport.Listen(loopback, port); err == nil || hint.Of(err) == "" {
		t.Errorf("Listen on a port that is taken: %v, without a hint", err)
	}
	if _, _, err := localport.Reserve(loopback, port); err == nil || hint.Of(err) == "" {
		t.Errorf("Reserve of a port that is taken: %v, without a hint", err)
	}
}
