package server

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/localport"
)

// gate is the address of an instance that shares an API server. It takes the tokens of this instance alone, and asks
// the API server as an authenticating proxy does, on behalf of the instance's user. So tokens of one instance are
// refused at the addresses of the others, as they are with an API server each, while the objects are the same.
type gate struct {
	port   int
	server *http.Server
}

func newGate(s *sandbox.Sandbox, id string, c *cluster.Cluster, at netip.Addr, port int) (*gate, error) {
	proxy, err := newProxy(s, c)
	if err != nil {
		return nil, err
	}
	l, err := localport.Listen(at, port)
	if err != nil {
		return nil, fmt.Errorf("instance %s: %w", id, err)
	}
	g := &gate{port: l.Addr().(*net.TCPAddr).Port, server: &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
			if !strings.EqualFold(scheme, "Bearer") || !s.TakesToken(id, token) {
				unauthorized(w)
				return
			}
			proxy.ServeHTTP(w, r)
		}),
		TLSConfig: s.TLSConfig(),
		ErrorLog:  log.New(io.Discard, "", 0), // clients that do not trust the CA are not the sandbox's problem
	}}
	go func() { _ = g.server.ServeTLS(l, "", "") }() // until Stop
	return g, nil
}

// newProxy makes what passes requests on to an API server.
func newProxy(s *sandbox.Sandbox, c *cluster.Cluster) (*httputil.ReverseProxy, error) {
	target, err := url.Parse(c.LocalURL())
	if err != nil {
		return nil, err
	}
	cert, err := c.FrontProxy()
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CA())
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Del("Authorization")
			for name := range r.Out.Header {
				if strings.HasPrefix(name, "X-Remote-") {
					r.Out.Header.Del(name)
				}
			}
			r.Out.Header.Set(cluster.UserHeader, sandbox.InstanceUser)
			r.Out.Header.Set(cluster.GroupHeader, sandbox.InstanceGroup)
		},
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{
				RootCAs: roots, Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12,
			},
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 100,
		},
		ErrorLog: log.New(io.Discard, "", 0), // the client gets 502
	}, nil
}

// unauthorized answers as an API server does.
func unauthorized(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = io.WriteString(w, `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",`+
		`"message":"Unauthorized","reason":"Unauthorized","code":401}`+"\n") // the client went away
}

// Stop ends the gate, and the requests that are under way.
func (g *gate) Stop() error { return g.server.Close() }
