// Package server serves a sandbox, with its StackState and the Kubernetes APIs of its instances: on this machine alone,
// unless it is to listen elsewhere.
package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/localport"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/stackstate/tokenreview"
)

// Server serves one sandbox.
type Server struct {
	Sandbox *sandbox.Sandbox

	options    Options
	facts      *Facts
	listen     netip.AddrPort // where the sandbox listens
	plain      string
	stackState *stackState
	fleet      *fleet
	https      *http.Server
	http       *http.Server
	unlock     func()
}

// Options configure a Server.
type Options struct {
	DataDir string // what is kept over restarts; nothing if ""
	Plans   int    // how many plans there are
	Seed    string // of the IDs that are made; random if ""
	// Listen is where to listen, ADDRESS:PORT. By default it is a free port of 127.0.0.1, or those that DataDir keeps.
	// API servers listen at the same address, on the ports that follow if it has one.
	Listen string
	// EdgeClusters is how many edge clusters an API server has.
	EdgeClusters int
	// Hosts are the names and addresses by which others reach it, besides localhost. The first is in its URLs.
	Hosts []string
}

// loopback is where a server listens unless it is to elsewhere.
const loopback = "127.0.0.1"

// Start makes a sandbox, or reads it from DataDir, and serves it.
func Start(o Options) (_ *Server, err error) {
	s := &Server{options: o, unlock: func() {}}
	if o.DataDir != "" {
		if err := CheckShared(o.DataDir); err != nil {
			return nil, err
		}
		if s.unlock, err = LockDir(o.DataDir); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			s.unlock()
		}
	}()
	if s.facts, err = facts(o.DataDir); err != nil {
		return nil, err
	}
	secure, plain, err := s.listeners()
	if err != nil {
		return nil, err
	}
	if err := s.make(); err != nil {
		secure.Close()
		plain.Close()
		return nil, err
	}
	s.plain = "http://" + plain.Addr().String()
	go func() { _ = s.https.ServeTLS(secure, "", "") }() // until Close
	go func() { _ = s.http.Serve(plain) }()
	return s, nil
}

// listeners opens the ports of the sandbox, and notes them.
func (s *Server) listeners() (secure, plain net.Listener, err error) {
	address := cmp.Or(s.options.Listen, s.facts.Listen, loopback+":0")
	if secure, err = listen(address); err != nil {
		return nil, nil, err
	}
	if plain, err = listen(fmt.Sprintf("%s:%d", loopback, s.facts.PlainPort)); err != nil {
		secure.Close()
		return nil, nil, err
	}
	if s.options.Listen != "" {
		_, port, err := net.SplitHostPort(s.options.Listen)
		s.facts.PortsFollow = err == nil && port != "0"
	}
	s.listen = secure.Addr().(*net.TCPAddr).AddrPort()
	s.listen = netip.AddrPortFrom(s.listen.Addr().Unmap(), s.listen.Port())
	s.facts.Listen = s.listen.String()
	s.facts.PlainPort = plain.Addr().(*net.TCPAddr).Port
	switch {
	case len(s.options.Hosts) > 0:
		s.facts.Host = s.options.Hosts[0]
	case s.facts.Host != "" && s.options.Listen == "":
	case s.listen.Addr().IsLoopback() || s.listen.Addr().IsUnspecified():
		s.facts.Host = "localhost"
	default:
		s.facts.Host = s.listen.Addr().String()
	}
	return secure, plain, nil
}

func listen(address string) (net.Listener, error) {
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return localport.Listen(at.AddrPort().Addr().Unmap(), at.Port)
}

// hosts are the names and addresses by which the sandbox is reached, besides localhost.
func (s *Server) hosts() []string {
	all := append([]string{s.facts.Host}, s.options.Hosts...)
	if at := s.listen.Addr(); !at.IsUnspecified() {
		all = append(all, at.String())
	}
	return all
}

// make makes the sandbox and its servers.
func (s *Server) make() (err error) {
	o := s.options
	s.Sandbox, err = sandbox.New(sandbox.Options{
		URL:   fmt.Sprintf("https://%s", net.JoinHostPort(s.facts.Host, fmt.Sprint(s.listen.Port()))),
		Plans: o.Plans, Seed: o.Seed, Hosts: s.hosts(), Dir: o.DataDir,
	})
	if err != nil {
		return err
	}
	if s.stackState, err = mountStackState(s.Sandbox, o.DataDir, s.facts.StackStateToken); err != nil {
		return err
	}
	if err := errors.Join(s.facts.save(o.DataDir), s.Sandbox.Save()); err != nil {
		return err
	}
	quiet := log.New(io.Discard, "", 0) // clients that do not trust the CA are not the sandbox's problem
	s.https = &http.Server{Handler: s.Sandbox, TLSConfig: s.Sandbox.TLSConfig(), ErrorLog: quiet}
	s.http = &http.Server{Handler: s.Sandbox, ErrorLog: quiet}
	return nil
}

// PlainURL returns a second base URL, without TLS and on this machine alone: the STACKIT CLI takes its APIs there.
func (s *Server) PlainURL() string { return s.plain }

// Loopback reports whether only programs of this machine can reach the server.
func (s *Server) Loopback() bool { return s.listen.Addr().IsLoopback() }

// Listen returns where the server listens.
func (s *Server) Listen() netip.AddrPort { return s.listen }

// APIServer returns the URL of the first instance's Kubernetes API, or "" where there is none.
func (s *Server) APIServer() string {
	if s.fleet == nil {
		return ""
	}
	return s.fleet.shared.URL()
}

// StartCluster starts etcd and kube-apiserver, which are in the folder servers, as the instance sandbox.InstanceID, and
// gives the other instances their Kubernetes APIs. The servers work below the folder dir. The Kubernetes tokens of
// StackState are checked there from now on.
func (s *Server) StartCluster(ctx context.Context, servers, dir string) error {
	cert, key, err := s.Sandbox.ServingCertificate(append([]string{"localhost", loopback}, s.hosts()...)...)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	base := cluster.Options{
		Servers: servers, CA: s.Sandbox.CA(), ServingCert: cert, ServingKey: key, Listen: s.listen.Addr(),
		Keep: s.options.DataDir != "",
	}
	if !s.Loopback() || s.facts.Host != "localhost" {
		base.Host = s.facts.Host
	}
	p := &ports{}
	if s.facts.PortsFollow {
		p.last = int(s.listen.Port())
	}
	s.fleet = newFleet(s.Sandbox, base, dir, p, s.options.EdgeClusters)
	first, _ := s.Sandbox.InstanceState(sandbox.InstanceID)
	if err := s.fleet.startShared(ctx, first.Hosted); err != nil {
		return fmt.Errorf("start the cluster of instance %s: %w", sandbox.InstanceName, err)
	}
	s.Sandbox.Host(s.fleet.hosting())
	if err := errors.Join(s.Sandbox.Save(), s.fleet.wait(ctx), s.fleet.shared.openEdge(ctx, s.fleet)); err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(s.fleet.shared.Admin())
	if err != nil {
		return err
	}
	s.stackState.ask(tokenreview.New(client))
	return nil
}

// Wait waits until the API servers of instances that were added serve, or have failed.
func (s *Server) Wait(ctx context.Context) error {
	if s.fleet == nil {
		return nil
	}
	return s.fleet.wait(ctx)
}

// ClusterDir is where API servers keep what they hold, below a data folder.
func ClusterDir(dataDir string) string { return filepath.Join(dataDir, "clusters") }

// Close ends all that was started.
func (s *Server) Close() error {
	defer s.unlock()
	var err error
	if s.fleet != nil {
		err = s.fleet.stopAll()
	}
	s.https.Close()
	s.http.Close()
	return errors.Join(err, s.Sandbox.Save())
}
