// Package server serves a sandbox on loopback, with its StackState and the Kubernetes API of its instance.
package server

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/stackstate/tokenreview"
)

// Server serves one sandbox.
type Server struct {
	Sandbox *sandbox.Sandbox

	plain      string
	stackState *stackState
	cluster    *cluster.Cluster
	https      *http.Server
	http       *http.Server
}

// Options configure a Server.
type Options struct {
	DataDir string // where StackState's tokens are kept; in memory only if ""
	Plans   int    // how many plans there are
	Seed    string // of the IDs that are made; random if ""
}

// Start makes a sandbox and serves it on free ports of this machine alone.
func Start(o Options) (*Server, error) {
	secure, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		secure.Close()
		return nil, fmt.Errorf("listen: %w", err)
	}
	srv, err := newServer(secure.Addr().(*net.TCPAddr).Port, o)
	if err != nil {
		secure.Close()
		plain.Close()
		return nil, err
	}
	srv.plain = "http://" + plain.Addr().String()
	go func() { _ = srv.https.ServeTLS(secure, "", "") }() // until Close
	go func() { _ = srv.http.Serve(plain) }()
	return srv, nil
}

func newServer(port int, o Options) (*Server, error) {
	s, err := sandbox.New(sandbox.Options{
		URL: fmt.Sprintf("https://localhost:%d", port), Plans: o.Plans, Seed: o.Seed,
	})
	if err != nil {
		return nil, err
	}
	st, err := mountStackState(s, o.DataDir)
	if err != nil {
		return nil, err
	}
	quiet := log.New(io.Discard, "", 0) // clients that do not trust the CA are not the sandbox's problem
	return &Server{
		Sandbox:    s,
		stackState: st,
		https:      &http.Server{Handler: s, TLSConfig: s.TLSConfig(), ErrorLog: quiet},
		http:       &http.Server{Handler: s, ErrorLog: quiet},
	}, nil
}

// PlainURL returns a second base URL, without TLS: the STACKIT CLI takes its APIs there.
func (s *Server) PlainURL() string { return s.plain }

// APIServer returns the URL of the instance's Kubernetes API, or "" where there is none.
func (s *Server) APIServer() string {
	if s.cluster == nil {
		return ""
	}
	return s.cluster.URL()
}

// StartCluster starts etcd and kube-apiserver, which are in the folder servers, as the instance sandbox.InstanceID.
// They work in the folder dir. The Kubernetes tokens of StackState are checked there from now on.
func (s *Server) StartCluster(ctx context.Context, servers, dir string) error {
	cert, key, err := s.Sandbox.ServingCertificate("localhost", "127.0.0.1")
	if err != nil {
		return err
	}
	s.cluster, err = cluster.Start(ctx, cluster.Options{
		Servers:     servers,
		Dir:         dir,
		InstanceID:  sandbox.InstanceID,
		Issuer:      s.Sandbox.Issuer(sandbox.InstanceID),
		TokenReview: s.Sandbox.TokenReviewURL(sandbox.InstanceID),
		CA:          s.Sandbox.CA(),
		ServingCert: cert,
		ServingKey:  key,
	})
	if err != nil {
		return fmt.Errorf("start the cluster of instance %s: %w", sandbox.InstanceName, err)
	}
	s.Sandbox.SetInstance(sandbox.InstanceID, func(i *sandbox.Instance) {
		i.Server, i.ServerCA = s.cluster.URL(), s.Sandbox.CA()
	})
	client, err := kubernetes.NewForConfig(s.cluster.Admin())
	if err != nil {
		return err
	}
	s.stackState.ask(tokenreview.New(client))
	return nil
}

// Close ends all that was started.
func (s *Server) Close() error {
	var err error
	if s.cluster != nil {
		err = s.cluster.Stop()
	}
	s.https.Close()
	s.http.Close()
	return err
}
