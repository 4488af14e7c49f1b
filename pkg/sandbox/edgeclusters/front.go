package edgeclusters

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/localport"
)

// listen listens at a port of the address where edge clusters are reached, or at a free one for 0.
func (s *Set) listen(port int) (net.Listener, error) {
	l, err := localport.Listen(s.options.Listen, port)
	if err != nil {
		return nil, fmt.Errorf("edge cluster: %w", err)
	}
	return l, nil
}

// front is the address of an edge cluster. It passes TLS through to the API server, for which it waits, unless it is to
// be another kind.
type front struct {
	cluster *edgeCluster

	mu       sync.Mutex
	listener net.Listener // nil if connections are refused
	open     map[net.Conn]bool
	proxy    *http.Server // ends TLS; nil unless the kind does
}

// become makes the front another kind, and ends all connections. It listens at the port, or at any for 0, and returns
// the one that it has. The certificate is that of a proxy that ends TLS.
func (f *front) become(kind string, port int, serving tls.Certificate, roots *x509.CertPool) (int, error) {
	f.close()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open = map[net.Conn]bool{}
	l, err := f.cluster.set.listen(port)
	if err != nil {
		return 0, err
	}
	port = l.Addr().(*net.TCPAddr).Port
	if kind == sandbox.FrontRefused {
		return port, l.Close()
	}
	if kind == sandbox.FrontProxy || kind == sandbox.FrontPath {
		f.proxy = f.cluster.newProxy(kind, serving, roots)
		go func() { _ = f.proxy.ServeTLS(l, "", "") }() // until close
		return port, nil
	}
	f.listener = l
	go f.accept(l, kind)
	return port, nil
}

// close ends all connections, and takes no others.
func (f *front) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.listener != nil {
		_ = f.listener.Close()
		f.listener = nil
	}
	if f.proxy != nil {
		_ = f.proxy.Close()
		f.proxy = nil
	}
	for c := range f.open {
		_ = c.Close()
	}
	f.open = nil
}

func (f *front) accept(l net.Listener, kind string) {
	for {
		c, err := l.Accept()
		if err != nil {
			return // it was closed
		}
		if !f.keep(l, c) {
			return
		}
		go func() {
			defer f.drop(c)
			if kind == sandbox.FrontSilent {
				_, _ = io.Copy(io.Discard, c) // until one of both ends closes
				return
			}
			f.passThrough(c)
		}()
	}
}

// keep notes an open connection, unless the front has become another since it was accepted.
func (f *front) keep(l net.Listener, c net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.listener != l {
		_ = c.Close()
		return false
	}
	f.open[c] = true
	return true
}

func (f *front) drop(c net.Conn) {
	_ = c.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.open, c)
}

// passThrough connects a client with the API server, which sees what TLS the client speaks.
func (f *front) passThrough(client net.Conn) {
	r, err := f.cluster.serve()
	if err != nil {
		return // state says why
	}
	server, err := net.Dial("tcp", r.address)
	if err != nil {
		return
	}
	go func() {
		defer server.Close()
		_, _ = io.Copy(server, client)
	}()
	_, _ = io.Copy(client, server) // TLS knows no half-closed connections: what ends on one side ends on both
}

// newProxy makes what ends TLS in front of an API server, as gateways do: clients' certificates end there too.
func (c *edgeCluster) newProxy(kind string, serving tls.Certificate, roots *x509.CertPool) *http.Server {
	quiet := log.New(io.Discard, "", 0) // clients that do not trust the CA are not the sandbox's problem
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.Out.Host = "" },
		Transport: &http.Transport{
			TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 100,
		},
		ErrorLog: quiet, // the client gets 502
	}
	var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		running, err := c.serve()
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host = "https", running.address
		proxy.ServeHTTP(w, r)
	})
	if kind == sandbox.FrontPath {
		handler = http.StripPrefix(c.frontPath(), handler)
	}
	return &http.Server{
		Handler: handler, ErrorLog: quiet,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{serving}, MinVersion: tls.VersionTLS12},
	}
}

// frontPath is below what a proxy has the API server.
func (c *edgeCluster) frontPath() string { return "/clusters/" + c.name }

// trap is an address to which only a client that obeys a hostile secret connects.
type trap struct {
	listener net.Listener
	mu       sync.Mutex
	count    int
}

func newTrap() (*trap, error) {
	l, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		return nil, err
	}
	t := &trap{listener: l}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // it was closed
			}
			t.mu.Lock()
			t.count++
			t.mu.Unlock()
			_ = c.Close()
		}
	}()
	return t, nil
}

func (t *trap) caught() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}
