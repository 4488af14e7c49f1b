package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// servers serve one sandbox on loopback.
type servers struct {
	sandbox    *sandbox.Sandbox
	stackState *stackState
	// plain is a second base URL, http://127.0.0.1:PORT, for the STACKIT CLI's API endpoints.
	plain string
	https *http.Server
	http  *http.Server
}

// serve makes a sandbox and serves it on free ports. StackState's tokens are kept in dataDir, if that is not "".
func serve(dataDir string) (*servers, error) {
	tlsListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	plainListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tlsListener.Close()
		return nil, fmt.Errorf("listen: %w", err)
	}
	s, err := sandbox.New(sandbox.Options{URL: fmt.Sprintf("https://localhost:%d", tlsListener.Addr().(*net.TCPAddr).Port)})
	if err != nil {
		tlsListener.Close()
		plainListener.Close()
		return nil, err
	}
	st, err := mountStackState(s, dataDir)
	if err != nil {
		tlsListener.Close()
		plainListener.Close()
		return nil, err
	}
	quiet := log.New(io.Discard, "", 0) // clients that do not trust the CA are not the sandbox's problem
	srv := &servers{
		sandbox:    s,
		stackState: st,
		plain:      "http://" + plainListener.Addr().String(),
		https:      &http.Server{Handler: s, TLSConfig: s.TLSConfig(), ErrorLog: quiet},
		http:       &http.Server{Handler: s, ErrorLog: quiet},
	}
	go func() { _ = srv.https.Serve(tls.NewListener(tlsListener, srv.https.TLSConfig)) }() // until close
	go func() { _ = srv.http.Serve(plainListener) }()
	return srv, nil
}

func (s *servers) close() {
	s.https.Close()
	s.http.Close()
}
