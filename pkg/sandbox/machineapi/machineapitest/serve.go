package machineapitest

import (
	"net"
	"sync/atomic"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/machineapi"
)

// Serve runs the machine API of a node, which ends with the test, and returns its address, and what has it misbehave:
// in one of machineapi.Faults, or not with "".
func Serve(t testing.TB, a *Authority) (address string, misbehave func(string)) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var fault atomic.Value
	fault.Store("")
	stop, err := machineapi.Serve(l, machineapi.Options{
		Cluster: "berlin", Host: "127.0.0.1", CA: a.PEM, CAKey: a.KeyPEM,
		Fault: func() string { return fault.Load().(string) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return l.Addr().String(), func(s string) { fault.Store(s) }
}
