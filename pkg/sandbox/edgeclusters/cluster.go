package edgeclusters

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/servers"
)

// record is what is kept of an edge cluster.
type record struct {
	Version     int                         `json:"version"`
	Name        string                      `json:"name"`
	UID         string                      `json:"uid"` // of its EdgeCluster
	Made        time.Time                   `json:"made"`
	Port        int                         `json:"port"`
	MachinePort int                         `json:"machinePort"`
	Prefix      string                      `json:"prefix"` // in etcd
	CA          pair                        `json:"ca"`
	OldCA       string                      `json:"oldCA"` // certificate that is taken too
	TalosCA     pair                        `json:"talosCA"`
	TokenKey    string                      `json:"tokenKey"` // of service accounts
	Settings    sandbox.EdgeClusterSettings `json:"settings"`
}

const (
	recordFile    = "edge-cluster.json"
	recordVersion = 1
)

func readRecord(dir string) (*record, error) {
	path := filepath.Join(dir, recordFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &record{}
	if err = json.Unmarshal(data, r); err == nil && r.Version != recordVersion {
		err = fmt.Errorf("it has version %d, and this edge-sandbox knows version %d alone", r.Version, recordVersion)
	}
	if err == nil && r.Name != filepath.Base(dir) {
		err = fmt.Errorf("it is of edge cluster %q", r.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return r, nil
}

// edgeCluster is one of a Set.
type edgeCluster struct {
	set   *Set
	name  string
	dir   string
	group *servers.Group
	front *front
	// A start is for all that ask: it ends with the edge cluster, rather than with the one who asked first.
	context context.Context
	cancel  context.CancelCauseFunc

	change sync.Mutex // held while it starts or is changed; guards what those who change it alone write

	mu          sync.Mutex // guards what is read at any time
	record      record
	running     *running // nil as long as nobody has asked it
	failure     error    // of the last start
	starts      int      // how many have been tried
	closed      bool
	trap        *trap
	stopMachine func()
}

func (s *Set) newCluster(r record) *edgeCluster {
	c := &edgeCluster{
		set: s, name: r.Name, dir: filepath.Join(s.dir, r.Name), record: r, stopMachine: func() {},
		group: servers.NewGroup(s.options.Servers, s.options.Cluster.Dir()),
	}
	c.context, c.cancel = context.WithCancelCause(context.Background())
	c.front = &front{cluster: c}
	return c
}

// renew gives it other keys, and a place for what it holds in which there is nothing.
func (c *edgeCluster) renew() error {
	ca, err := newAuthority("kubernetes", ecdsaKey)
	if err != nil {
		return err
	}
	talos, err := newAuthority("talos", ed25519Key)
	if err != nil {
		return err
	}
	tokens, err := tokenKey()
	if err != nil {
		return err
	}
	c.put(func(r *record) {
		r.CA, r.OldCA, r.TalosCA, r.TokenKey = ca.pair, "", talos.pair, tokens
		r.Prefix = "/edge-clusters/" + c.name + "-" + rand.Text()
	})
	return nil
}

func (c *edgeCluster) save() error {
	c.record.Version = recordVersion
	data, err := json.MarshalIndent(c.record, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(c.dir, recordFile), append(data, '\n'), 0o600)
}

// open listens at its addresses.
func (c *edgeCluster) open() error {
	if err := c.openFront(); err != nil {
		return err
	}
	return c.openMachine()
}

func (c *edgeCluster) openFront() error {
	ca, err := parseAuthority(c.record.CA)
	if err != nil {
		return err
	}
	serving, err := ca.server(c.set.options.Host, "localhost", loopback, "::1")
	if err != nil {
		return err
	}
	cert, err := tls.X509KeyPair([]byte(serving.Cert), []byte(serving.Key))
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	port, err := c.front.become(c.record.Settings.Front, c.record.Port, cert, roots)
	if err != nil {
		return err
	}
	c.put(func(r *record) { r.Port = port })
	return nil
}

// url is where its Kubernetes API is reached.
func (c *edgeCluster) url() string {
	url := "https://" + net.JoinHostPort(c.set.options.Host, strconv.Itoa(c.record.Port))
	if c.record.Settings.Front == sandbox.FrontPath {
		url += c.frontPath()
	}
	return url
}

// show has the instance show it as it is, and keeps that.
func (c *edgeCluster) show(ctx context.Context) error {
	uid, err := c.set.objects.create(ctx, c.name)
	if err != nil {
		return err
	}
	c.put(func(r *record) { r.UID = uid })
	return errors.Join(c.showSettings(ctx), c.save())
}

// showSettings has the instance show what the settings say.
func (c *edgeCluster) showSettings(ctx context.Context) error {
	data, err := c.secretValue(ctx)
	if err != nil {
		return err
	}
	return errors.Join(c.set.objects.putSecret(ctx, kubeconfigSecret(c.name), data), c.showTalosconfig(ctx),
		c.set.objects.setStatus(ctx, c.name,
			conditions(c.record.Settings.Status, MissingProgram(c.set.options.Servers))))
}

// serve starts the servers, unless they run, and returns when they serve.
func (c *edgeCluster) serve() (*running, error) {
	c.mu.Lock()
	r, starts := c.running, c.starts
	c.mu.Unlock()
	if r != nil && !r.ended() {
		return r, nil
	}
	return c.serveAfter(starts)
}

// serveAfter is serve for who saw so many starts before waiting for the lock. One that failed meanwhile has failed for
// all who waited: if each tried again, the last of ten connections would wait for ten times the bound of a start.
func (c *edgeCluster) serveAfter(starts int) (*running, error) {
	c.change.Lock()
	defer c.change.Unlock()
	c.mu.Lock()
	tried, failure := c.starts > starts, c.failure
	c.mu.Unlock()
	if tried && failure != nil {
		return nil, failure
	}
	return c.serveLocked()
}

// serveLocked is serve for callers that hold the lock change.
func (c *edgeCluster) serveLocked() (*running, error) {
	c.mu.Lock()
	r, closed := c.running, c.closed
	c.mu.Unlock()
	if closed {
		return nil, errEnds
	}
	if r != nil && !r.ended() {
		return r, nil
	}
	c.stopServers()
	r, err := c.startServers(c.context)
	if err != nil {
		err = fmt.Errorf("start edge cluster %s: %w", c.name, err)
		r = nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running, c.failure = r, err
	c.starts++
	return r, err
}

func (c *edgeCluster) stopServers() {
	c.mu.Lock()
	r := c.running
	c.running = nil
	c.mu.Unlock()
	if r != nil {
		r.stop()
	}
}

var errEnds = errors.New("the edge cluster ends")

// close ends all that it has, and a start that is under way.
func (c *edgeCluster) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel(errEnds)
	c.front.close()
	c.change.Lock()
	defer c.change.Unlock()
	c.stopServers()
	c.stopMachine()
	if c.trap != nil {
		_ = c.trap.listener.Close()
	}
}

// openTrap returns the address of the trap.
func (c *edgeCluster) openTrap() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trap == nil {
		t, err := newTrap()
		if err != nil {
			return "", err
		}
		c.trap = t
	}
	return c.trap.listener.Addr().String(), nil
}

// state is what the control address says of it.
func (c *edgeCluster) state() sandbox.EdgeCluster {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := sandbox.EdgeCluster{
		Name: c.name, Namespace: inNamespace, UID: c.record.UID, Server: c.url(),
		Talos:   net.JoinHostPort(c.set.options.Host, strconv.Itoa(c.record.MachinePort)),
		Running: c.running != nil && !c.running.ended(), EdgeClusterSettings: c.record.Settings,
	}
	if c.failure != nil {
		s.Failure = c.failure.Error()
	}
	if c.trap != nil {
		s.Strays = c.trap.caught()
	}
	if ran, err := os.ReadFile(filepath.Join(c.dir, ranFile)); err == nil {
		s.Strays += bytes.Count(ran, []byte("\n"))
	}
	return s
}
