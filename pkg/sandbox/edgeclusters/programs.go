package edgeclusters

import (
	"context"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/servers"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/localport"
)

const (
	startTimeout = 2 * time.Minute
	pollInterval = 25 * time.Millisecond
	loopback     = "127.0.0.1"
)

var errSlow = fmt.Errorf("not ready within %v", startTimeout)

// running are the servers of an edge cluster.
type running struct {
	address   string // of the API server, for this process alone
	release   func() // its port
	config    *rest.Config
	client    kubernetes.Interface
	apiServer *servers.Server

	mu         sync.Mutex
	controller *servers.Server // is started again when another is wanted
}

// ended reports whether a server has ended by itself.
func (r *running) ended() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return over(r.apiServer) || over(r.controller)
}

func over(s *servers.Server) bool {
	select {
	case <-s.Done():
		return true
	default:
		return false
	}
}

func (r *running) setController(s *servers.Server) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.controller = s
}

// stop ends the servers that were started.
func (r *running) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.controller != nil {
		r.controller.Stop()
	}
	if r.apiServer != nil {
		r.apiServer.Stop()
	}
	r.release()
}

// Files in the folder of an edge cluster.
const (
	clientCAFile   = "client-ca.crt"
	signerFile     = "signer.crt"
	signerKeyFile  = "signer.key"
	servingFile    = "serving.crt"
	servingKeyFile = "serving.key"
	tokenKeyFile   = "service-account.key"
	controllerFile = "controller.kubeconfig"
	policyFile     = "audit-policy.yaml"
	auditFile      = "audit.log"
	ranFile        = "ran" // written by the command of a hostile secret
)

// auditPolicy is that of Talos.
const auditPolicy = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n"

// MissingProgram says which server of edge clusters a folder does not have, if it does not have one: a folder that
// others made, such as KUBEBUILDER_ASSETS, is enough for instances.
func MissingProgram(servers string) error {
	for _, name := range []string{"kube-apiserver", "kube-controller-manager"} {
		if _, err := os.Stat(filepath.Join(servers, name)); err != nil {
			return hint.Wrap(fmt.Errorf("edge clusters need %s, which is not in %s", name, servers),
				"put it there: https://kubernetes.io/releases/download/ has it for Linux; "+
					"or hack/servers.sh in the source builds it, for --servers")
		}
	}
	return nil
}

// startServers starts the servers of an edge cluster, and waits until they serve and sign.
func (c *edgeCluster) startServers(ctx context.Context) (_ *running, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, errSlow)
	defer cancel()
	if err := MissingProgram(c.set.options.Servers); err != nil {
		return nil, err
	}
	port, release, err := localport.Reserve(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0)
	if err != nil {
		return nil, err
	}
	r := &running{address: net.JoinHostPort(loopback, strconv.Itoa(port)), release: release}
	defer func() {
		if err != nil {
			r.stop()
		}
	}()
	if err := c.writeFiles(r); err != nil {
		return nil, err
	}
	r.apiServer, err = c.group.Start("kube-apiserver", c.path("kube-apiserver.log"), c.apiServerArgs(port))
	if err != nil {
		return nil, err
	}
	h, err := rest.HTTPClientFor(r.config)
	if err != nil {
		return nil, err
	}
	if err := r.apiServer.Await(ctx, func(ctx context.Context) error {
		_, err := get(ctx, h, r.config.Host+"/readyz")
		return err
	}); err != nil {
		return nil, err
	}
	if r.client, err = kubernetes.NewForConfigAndClient(r.config, h); err != nil {
		return nil, err
	}
	if err := limitAdministrators(ctx, r.client); err != nil {
		return nil, err
	}
	return r, c.startController(ctx, r)
}

// restartController has kube-controller-manager work by the settings as they are now, if it runs. Connections of
// clients stay.
func (c *edgeCluster) restartController() error {
	c.mu.Lock()
	r := c.running
	c.mu.Unlock()
	if r == nil || r.ended() {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(c.context, startTimeout, errSlow)
	defer cancel()
	r.controller.Stop()
	return c.startController(ctx, r)
}

// path is that of a file of this edge cluster, from the servers' working directory.
func (c *edgeCluster) path(name string) string { return filepath.Join("edge", c.name, name) }

func (c *edgeCluster) apiServerArgs(port int) []string {
	return []string{
		"--etcd-servers=unix://" + c.set.options.Cluster.EtcdSocket(),
		"--etcd-prefix=" + c.record.Prefix,
		"--bind-address=" + loopback,
		"--advertise-address=" + loopback,
		"--secure-port=" + strconv.Itoa(port),
		"--permit-port-sharing",
		"--tls-cert-file=" + c.path(servingFile),
		"--tls-private-key-file=" + c.path(servingKeyFile),
		"--client-ca-file=" + c.path(clientCAFile),
		"--authorization-mode=Node,RBAC",
		"--service-account-issuer=" + c.url(),
		"--service-account-key-file=" + c.path(tokenKeyFile),
		"--service-account-signing-key-file=" + c.path(tokenKeyFile),
		"--service-cluster-ip-range=10.96.0.0/24",
		"--endpoint-reconciler-type=none", // it refuses loopback addresses
		"--profiling=false",
		"--audit-policy-file=" + c.path(policyFile),
		"--audit-log-path=" + c.path(auditFile),
	}
}

// controllers are those of kube-controller-manager that an edge cluster has, but for the one that signs: what
// credentials need, and what lets a namespace end.
func controllers() []string {
	return []string{
		"certificatesigningrequest-approving-controller", "certificatesigningrequest-cleaner-controller",
		"clusterrole-aggregation-controller", // without it view, edit and admin are empty
		"serviceaccount-controller", "serviceaccount-token-controller",
		"root-ca-certificate-publisher-controller", "namespace-controller", "garbage-collector-controller",
	}
}

const signingController = "certificatesigningrequest-signing-controller"

// startController starts kube-controller-manager, and waits until its controllers have.
func (c *edgeCluster) startController(ctx context.Context, r *running) error {
	if err := c.writeSigner(); err != nil {
		return err
	}
	port, release, err := localport.Reserve(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0)
	if err != nil {
		return err
	}
	defer release()
	wanted := controllers()
	if c.record.Settings.Signer != sandbox.SignerNone {
		wanted = append(wanted, signingController)
	}
	controller, err := c.group.Start("kube-controller-manager", c.path("kube-controller-manager.log"), []string{
		"--kubeconfig=" + c.path(controllerFile),
		"--controllers=" + strings.Join(wanted, ","),
		"--use-service-account-credentials", // the signer may not sign otherwise
		"--service-account-private-key-file=" + c.path(tokenKeyFile),
		"--root-ca-file=" + c.path(clientCAFile),
		"--cluster-signing-cert-file=" + c.path(signerFile),
		"--cluster-signing-key-file=" + c.path(signerKeyFile),
		"--cluster-signing-duration=" + time.Duration(c.record.Settings.SigningDuration).String(),
		"--leader-elect=false",
		"--bind-address=" + loopback,
		"--secure-port=" + strconv.Itoa(port),
		"--permit-port-sharing",
		"--tls-cert-file=" + c.path(servingFile),
		"--tls-private-key-file=" + c.path(servingKeyFile),
		"--profiling=false",
	})
	if err != nil {
		return err
	}
	r.setController(controller)
	h, err := rest.HTTPClientFor(r.config) // its certificate is that of the API server
	if err != nil {
		return err
	}
	health := "https://" + net.JoinHostPort(loopback, strconv.Itoa(port)) + "/healthz?verbose"
	return controller.Await(ctx, func(ctx context.Context) error {
		body, err := get(ctx, h, health)
		if err != nil {
			return err
		}
		for _, name := range wanted {
			if !strings.Contains(body, "]"+name+" ") {
				return fmt.Errorf("%s has not started", name)
			}
		}
		return c.settled(ctx, r.client)
	})
}

// settled returns nil when the controllers have made what people find in a cluster from its beginning.
func (c *edgeCluster) settled(ctx context.Context, client kubernetes.Interface) error {
	for _, name := range []string{"view", "edit", "admin"} {
		role, err := client.RbacV1().ClusterRoles().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if len(role.Rules) == 0 {
			return fmt.Errorf("the role %s is still empty", name)
		}
	}
	_, err := client.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
	return err
}

// get returns what is answered with 200.
func get(ctx context.Context, h *http.Client, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	res, err := h.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %s", url, res.Status, body)
	}
	return string(body), err
}

// writeFiles writes what the servers are started with, and makes the configuration of who starts them.
func (c *edgeCluster) writeFiles(r *running) error {
	ca, err := parseAuthority(c.record.CA)
	if err != nil {
		return err
	}
	serving, err := ca.server(c.set.options.Host, "localhost", loopback, "::1", c.name, "kubernetes",
		"kubernetes.default", "kubernetes.default.svc")
	if err != nil {
		return err
	}
	own, err := ca.client(pkix.Name{CommonName: "edge-sandbox", Organization: []string{"system:masters"}}, year)
	if err != nil {
		return err
	}
	manager, err := ca.client(pkix.Name{CommonName: "system:kube-controller-manager"}, year)
	if err != nil {
		return err
	}
	r.config = &rest.Config{
		Host: "https://" + r.address,
		TLSClientConfig: rest.TLSClientConfig{
			CAData: []byte(c.record.CA.Cert), CertData: []byte(own.Cert), KeyData: []byte(own.Key),
		},
		QPS: -1, UserAgent: "edge-sandbox",
		Timeout: 10 * time.Second,
	}
	kubeconfig, err := plain(c.name, r.config.Host, c.record.CA.Cert, "manager", certificateUser(manager)).text()
	if err != nil {
		return err
	}
	var errs []error
	for name, text := range map[string]string{
		servingFile: serving.Cert, servingKeyFile: serving.Key, clientCAFile: c.record.CA.Cert + c.record.OldCA,
		tokenKeyFile: c.record.TokenKey, controllerFile: kubeconfig, policyFile: auditPolicy,
	} {
		errs = append(errs, c.write(name, text))
	}
	return errors.Join(errs...)
}

func (c *edgeCluster) write(name, text string) error {
	return os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600)
}

// writeSigner writes what certificates are signed with.
func (c *edgeCluster) writeSigner() error {
	signer := c.record.CA
	if c.record.Settings.Signer == sandbox.SignerOther {
		other, err := newAuthority("kubernetes", ecdsaKey)
		if err != nil {
			return err
		}
		signer = other.pair
	}
	return errors.Join(c.write(signerFile, signer.Cert), c.write(signerKeyFile, signer.Key))
}
