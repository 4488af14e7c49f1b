// Package sandboxtest starts a sandbox for one test.
package sandboxtest

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/fault"
)

// Start serves a sandbox over TLS on a free port of this machine until the test ends. The server's URL is the
// sandbox's, https://localhost:PORT. Options of its own may change what is passed to sandbox.New.
func Start(t testing.TB, options ...func(*sandbox.Options)) (*sandbox.Sandbox, *httptest.Server) {
	t.Helper()
	return start(t, false, options)
}

// StartHTTP2 is Start with HTTP/2, which STACKIT and "edge-sandbox up" serve: what is cut off is a stream there, not
// the connection.
func StartHTTP2(t testing.TB, options ...func(*sandbox.Options)) (*sandbox.Sandbox, *httptest.Server) {
	t.Helper()
	return start(t, true, options)
}

func start(t testing.TB, http2 bool, options []func(*sandbox.Options)) (*sandbox.Sandbox, *httptest.Server) {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	o := sandbox.Options{URL: "https://localhost:" + port}
	for _, set := range options {
		set(&o)
	}
	s, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = s
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are what some tests are about
	srv.TLS = s.TLSConfig()
	srv.EnableHTTP2 = http2
	srv.StartTLS()
	srv.URL = s.URL()
	t.Cleanup(func() {
		s.ClearFaults() // requests that hang would keep Close waiting
		srv.CloseClientConnections()
		srv.Close()
	})
	return s, srv
}

// Client returns a client that trusts the sandbox's CA alone, and keeps the connections of no test but t.
func Client(t testing.TB, s *sandbox.Sandbox) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(s.CA()) {
		t.Fatal("the sandbox's CA is no PEM certificate")
	}
	transport := &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// SetFaults replaces the faults of a handler; with none, all requests succeed again.
func SetFaults(t testing.TB, h *fault.Handler, faults ...fault.Fault) {
	t.Helper()
	h.Clear()
	for _, f := range faults {
		if err := h.Inject(f); err != nil {
			t.Fatal(err)
		}
	}
}
