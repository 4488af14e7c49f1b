//go:build unix

package localport_test

import (
	"net"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/localport"
)

// A program that is being started has a copy of each listener for a moment.
func TestPortOfAListenerThatIsStillCopied(t *testing.T) {
	again := map[string]func(port int) (closeIt func(), err error){
		"Listen": func(port int) (func(), error) {
			l, err := localport.Listen(loopback, port)
			return func() { _ = l.Close() }, err
		},
		"Reserve": func(port int) (func(), error) {
			_, release, err := localport.Reserve(loopback, port)
			return release, err
		},
	}
	for name, again := range again {
		l, err := localport.Listen(loopback, 0)
		if err != nil {
			t.Fatal(err)
		}
		copied, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(100*time.Millisecond, func() { _ = copied.Close() })
		closeIt, err := again(port)
		if err != nil {
			t.Errorf("%s on a port that was closed, of which a copy was open for a moment: %v", name, err)
			continue
		}
		closeIt()
	}
}
