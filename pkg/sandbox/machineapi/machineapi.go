// Package machineapi is the machine API of a control plane node of Talos, as far as talosctl and kubectl edge need one:
// it issues certificates for clients, says its version, lists the members of its cluster and reads a file, and looks at
// the roles of who asks as Talos does. It can misbehave in the ways that nodes were seen to, or that one could fear.
package machineapi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"time"
)

// Options say which node it is.
type Options struct {
	Cluster string
	Host    string // name or address by which clients reach it
	CA      []byte // PEM of Talos' certificate authority for clients and servers
	CAKey   []byte // its key, PEM
	// Fault is how it misbehaves, one of Faults, or "". It is asked at each call.
	Fault func() string
}

// How the API can misbehave.
const (
	ignoreTTL   = "ignore-ttl"  // certificates live for a year, whatever was asked for (talos#8250)
	moreRoles   = "more-roles"  // certificates have os:admin besides what was asked for
	otherCA     = "other-ca"    // certificates are signed by another authority
	otherKey    = "other-key"   // the key is not that of the certificate
	expired     = "expired"     // certificates have ended when they come
	worker      = "worker"      // it is not a node of the control plane
	garbage     = "garbage"     // answers are not messages
	slow        = "slow"        // there is no answer
	unreachable = "unreachable" // each connection is closed at once
)

// Faults are the ways in which it can misbehave.
func Faults() []string {
	return []string{ignoreTTL, moreRoles, otherCA, otherKey, expired, worker, garbage, slow, unreachable}
}

// node answers calls.
type node struct {
	Options
	authority authority
}

// Serve answers on the listener, until it is stopped. Clients need a certificate of the authority.
func Serve(l net.Listener, o Options) (stop func(), err error) {
	if o.Fault == nil {
		o.Fault = func() string { return "" }
	}
	n := &node{Options: o}
	if n.authority, err = readAuthority(o.CA, o.CAKey); err != nil {
		return nil, err
	}
	certificate, err := n.authority.server(o.Host)
	if err != nil {
		return nil, err
	}
	clients := x509.NewCertPool()
	clients.AddCert(n.authority.certificate)
	server := &http.Server{
		Handler: n, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
		TLSConfig: &tls.Config{
			MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate},
			ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients, NextProtos: []string{"h2"},
		},
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.ServeTLS(&listener{l, o.Fault}, "", "") // it ends with stop
	}()
	return func() {
		_ = server.Close()
		<-ended
	}, nil
}

// listener closes connections while the node is to be unreachable.
type listener struct {
	net.Listener
	fault func() string
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil || l.fault() != unreachable {
			return c, err
		}
		_ = c.Close()
	}
}

// method is a call, and which roles may make it.
type method struct {
	roles  []string
	answer func(n *node, r *http.Request, message []byte) (messages [][]byte, err error)
}

// methods have the roles of Talos [internal/app/machined/pkg/system/services/machined.go].
func methods() map[string]method {
	all := []string{"os:admin", "os:operator", "os:reader"}
	return map[string]method{
		"/machine.MachineService/GenerateClientConfiguration": {all[:1], (*node).generate},
		"/machine.MachineService/Version":                     {all, (*node).version},
		"/machine.MachineService/Read":                        {all[:1], (*node).read},
		"/machine.MachineService/Reboot":                      {all[:2], (*node).reboot},
		"/cosi.resource.State/Get":                            {all, (*node).get},
		"/cosi.resource.State/List":                           {all, (*node).list},
	}
}

func (n *node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	message, err := receive(r)
	var messages [][]byte
	if err == nil {
		messages, err = n.call(r, message)
	}
	if errors.Is(err, errSilent) {
		panic(http.ErrAbortHandler)
	}
	send(w, messages, err)
}

// errSilent is that the caller gave up before there was an answer.
var errSilent = errors.New("the caller is gone")

func (n *node) call(r *http.Request, message []byte) ([][]byte, error) {
	m, ok := methods()[r.URL.Path]
	roles := r.TLS.PeerCertificates[0].Subject.Organization
	may := func(role string) bool { return slices.Contains(m.roles, role) }
	switch fault := n.Fault(); {
	case fault == slow:
		<-r.Context().Done()
		return nil, errSilent
	case !ok:
		return nil, &statusError{codeUnimplemented, "unknown method " + r.URL.Path + " of the sandbox"}
	case !slices.ContainsFunc(roles, may):
		return nil, &statusError{codeDenied, "not authorized"}
	case fault == garbage:
		return [][]byte{{0xff, 0xff, 0xff}}, nil
	}
	return m.answer(n, r, message)
}
