// Package cluster runs a real etcd and kube-apiserver as the Kubernetes API of an Edge instance. The API server trusts
// the instance's issuer for its users' tokens (structured authentication), and decides by RBAC what they may do.
//
// The API server keeps a token that it has accepted for ten seconds before it looks at it again, and an issuer's keys
// until a token names one that it does not know. So a token that was used moments ago outlives its expiry and its key
// by up to ten seconds, and a key that the issuer withdrew works until a token of the new one is seen.
package cluster

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/servers"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/localport"
)

const (
	startTimeout = 2 * time.Minute // idle machines take three seconds
	pollInterval = 25 * time.Millisecond
)

// Options say what to start. All but the last are required.
type Options struct {
	Servers     string // folder with the programs etcd and kube-apiserver
	Dir         string // folder of this cluster alone, made by Start and removed by Stop, unless Keep is set
	InstanceID  string // audience of the instance's tokens
	Issuer      string // issuer of the instance's tokens, an https URL; it should answer already
	TokenReview string // webhook for the instance's tokens that are not JWTs, an https URL
	CA          []byte // PEM of the CA that issued the certificates of Issuer and of the API server
	ServingCert []byte // PEM certificate of the API server, for 127.0.0.1 and Host
	ServingKey  []byte // its key, PEM

	Listen netip.Addr // where the API server listens; 127.0.0.1 if that is not set
	Host   string     // name or address in its URL; that of Listen if ""
	Port   int        // its port; a free one if 0
	Keep   bool       // Dir may be there already, and stays: what the API server holds survives Stop and crashes
}

// Cluster is a running API server with its etcd.
type Cluster struct {
	dir        string
	keep       bool
	url        string
	admin      *rest.Config
	frontProxy *identity
	release    func() // the API server's port
	servers    *servers.Group
	client     *client
}

// Start starts etcd and the API server, waits until they serve, and creates the instance's resources. It fails at once,
// with the end of the server's log, when a server ends by itself, and leaves nothing behind when it fails.
func Start(ctx context.Context, o Options) (_ *Cluster, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("not ready within %v", startTimeout))
	defer cancel()
	if !o.Listen.IsValid() {
		o.Listen = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	o.Host = cmp.Or(o.Host, o.Listen.String())
	port, release, err := localport.Reserve(o.Listen, o.Port)
	if err != nil {
		return nil, err
	}
	if err := makeDir(o); err != nil {
		release()
		return nil, err
	}
	c := &Cluster{
		dir: o.Dir, keep: o.Keep, url: "https://" + net.JoinHostPort(o.Host, strconv.Itoa(port)), release: release,
		servers: servers.NewGroup(o.Servers, o.Dir),
	}
	defer func() {
		if err != nil {
			_ = c.Stop() // err says what matters
		}
	}()
	bootstrap, err := newIdentity("edge-sandbox", "system:masters")
	if err != nil {
		return nil, err
	}
	if c.frontProxy, err = newIdentity(frontProxyName, ""); err != nil {
		return nil, err
	}
	c.admin = bootstrap.config(local(o, port), o.CA)
	if err := writeFiles(o, bootstrap, c.frontProxy); err != nil {
		return nil, err
	}

	etcd, err := c.servers.Start("etcd", "etcd.log", etcdArgs(o.Keep))
	if err != nil {
		return nil, err
	}
	listens := func(context.Context) error { return isSocket(filepath.Join(c.dir, etcdSocket)) }
	if err := etcd.Await(ctx, listens); err != nil {
		return nil, err
	}
	apiserver, err := c.servers.Start("kube-apiserver", "kube-apiserver.log", apiserverArgs(o, port, c.url))
	if err != nil {
		return nil, err
	}
	if c.client, err = newClient(c.admin); err != nil {
		return nil, err
	}
	if err := apiserver.Await(ctx, c.client.ready); err != nil {
		return nil, err
	}
	if err := c.populateOnce(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// local is the API server's URL for this process, which need not be able to look up Host.
func local(o Options, port int) string {
	host := o.Listen
	if host.IsUnspecified() {
		host = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return "https://" + net.JoinHostPort(host.String(), strconv.Itoa(port))
}

// makeDir makes the folder of a cluster. A kept one has sockets of servers that were killed.
func makeDir(o Options) error {
	if !o.Keep {
		return os.Mkdir(o.Dir, 0o700)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return err
	}
	for _, socket := range []string{etcdSocket, peerSocket} {
		if err := os.Remove(filepath.Join(o.Dir, socket)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// populatedFile marks a folder whose API server holds what the manifests have: what was changed or deleted of it since
// is not made a second time.
const populatedFile = "populated"

func (c *Cluster) populateOnce(ctx context.Context) error {
	marker := filepath.Join(c.dir, populatedFile)
	if _, err := os.Stat(marker); err == nil {
		return nil
	}
	if err := c.client.populate(ctx); err != nil {
		return err
	}
	return os.WriteFile(marker, nil, 0o600)
}

// Dir returns the folder of the servers, which is the working directory of those that use its etcd.
func (c *Cluster) Dir() string { return c.dir }

// EtcdSocket returns the name of etcd's socket in that folder.
func (c *Cluster) EtcdSocket() string { return etcdSocket }

// Create creates an object with its status, once its kind is served.
func (c *Cluster) Create(ctx context.Context, object *unstructured.Unstructured) error {
	return c.client.create(ctx, object)
}

// URL returns the API server's address.
func (c *Cluster) URL() string { return c.url }

// FrontProxy returns the certificate with which an authenticating proxy says on whose behalf it asks:
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy
func (c *Cluster) FrontProxy() (tls.Certificate, error) {
	return tls.X509KeyPair(c.frontProxy.cert, c.frontProxy.key)
}

// LocalURL returns the API server's address for this process.
func (c *Cluster) LocalURL() string { return c.admin.Host }

// Admin returns a client configuration of the bootstrap administrator, whom no token of the instance can be.
func (c *Cluster) Admin() *rest.Config { return rest.CopyConfig(c.admin) }

// Stop ends the servers and removes their folder, unless it is to be kept.
func (c *Cluster) Stop() error {
	c.servers.Stop()
	c.release()
	if c.keep {
		return nil
	}
	return os.RemoveAll(c.dir)
}

func isSocket(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.Mode().Type() != os.ModeSocket {
		err = errors.New("not a socket")
	}
	return err
}
