package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
)

// Files in the cluster's folder, which is the servers' working directory.
const (
	etcdSocket         = "etcd.sock"
	peerSocket         = "peer.sock"
	servingCertFile    = "serving.crt"
	servingKeyFile     = "serving.key"
	clientCAFile       = "client-ca.crt"
	frontProxyCAFile   = "front-proxy-ca.crt"
	serviceAccountFile = "service-account.key"
	authenticationFile = "authentication.json"
	webhookFile        = "token-review.json"
)

// How an authenticating proxy says on whose behalf it asks.
const (
	frontProxyName = "edge-sandbox-front-proxy"
	UserHeader     = "X-Remote-User"
	GroupHeader    = "X-Remote-Group"
)

// etcdArgs configure an etcd that only those can reach who may enter its folder. Data that nobody needs to survive is
// not synced.
func etcdArgs(keep bool) []string {
	args := []string{
		"--name=sandbox",
		"--data-dir=etcd",
		"--listen-client-urls=unix://" + etcdSocket,
		"--advertise-client-urls=unix://" + etcdSocket,
		"--listen-peer-urls=unix://" + peerSocket,
		"--initial-advertise-peer-urls=http://127.0.0.1:2380", // required, used by nobody: there are no peers
		"--initial-cluster=sandbox=http://127.0.0.1:2380",
		"--log-level=warn",
	}
	if !keep {
		args = append(args, "--unsafe-no-fsync")
	}
	return args
}

func apiserverArgs(o Options, port int, url string) []string {
	return []string{
		"--etcd-servers=unix://" + etcdSocket,
		"--bind-address=" + o.Listen.String(),
		"--advertise-address=127.0.0.1", // otherwise taken from a network interface, which there need not be
		"--secure-port=" + strconv.Itoa(port),
		"--permit-port-sharing", // with our own reservation, see reservePort
		"--tls-cert-file=" + servingCertFile,
		"--tls-private-key-file=" + servingKeyFile,
		"--client-ca-file=" + clientCAFile,
		"--requestheader-client-ca-file=" + frontProxyCAFile,
		"--requestheader-allowed-names=" + frontProxyName,
		"--requestheader-username-headers=" + UserHeader,
		"--requestheader-group-headers=" + GroupHeader,
		"--authentication-config=" + authenticationFile,
		"--authentication-token-webhook-config-file=" + webhookFile,
		"--authentication-token-webhook-version=v1",
		"--authentication-token-webhook-cache-ttl=1s", // so that a token can end early
		"--authorization-mode=RBAC",
		"--service-account-issuer=" + url,
		"--service-account-key-file=" + serviceAccountFile,
		"--service-account-signing-key-file=" + serviceAccountFile,
		"--service-cluster-ip-range=10.0.0.0/24",
		"--endpoint-reconciler-type=none", // it refuses loopback addresses
		"--profiling=false",
	}
}

// authenticationConfiguration is the API server's configuration file for users' tokens:
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration
func authenticationConfiguration(o Options) ([]byte, error) {
	unprefixed := func(claim string) map[string]any { return map[string]any{"claim": claim, "prefix": ""} }
	return json.MarshalIndent(map[string]any{
		"apiVersion": "apiserver.config.k8s.io/v1",
		"kind":       "AuthenticationConfiguration",
		"anonymous":  map[string]any{"enabled": false},
		"jwt": []any{map[string]any{
			"issuer": map[string]any{
				"url":                  o.Issuer,
				"certificateAuthority": string(o.CA),
				"audiences":            []string{o.InstanceID},
			},
			"claimMappings": map[string]any{"username": unprefixed("sub"), "groups": unprefixed("groups")},
		}},
	}, "", "  ")
}

// webhookConfiguration is a kubeconfig by which the API server finds the webhook for tokens that are not JWTs.
func webhookConfiguration(o Options) ([]byte, error) {
	const name = "sandbox"
	k := clientcmdapi.NewConfig()
	k.Clusters[name] = &clientcmdapi.Cluster{Server: o.TokenReview, CertificateAuthorityData: o.CA}
	k.AuthInfos[name] = &clientcmdapi.AuthInfo{}
	k.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	k.CurrentContext = name
	return clientcmd.Write(*k)
}

// writeFiles writes the files that the API server is started with.
func writeFiles(o Options, bootstrap, frontProxy *identity) error {
	authentication, err := authenticationConfiguration(o)
	if err != nil {
		return fmt.Errorf("encode authentication configuration: %w", err)
	}
	webhook, err := webhookConfiguration(o)
	if err != nil {
		return fmt.Errorf("encode webhook configuration: %w", err)
	}
	if err := ensureServiceAccountKey(filepath.Join(o.Dir, serviceAccountFile)); err != nil {
		return err
	}
	for name, data := range map[string][]byte{
		servingCertFile:    o.ServingCert,
		servingKeyFile:     o.ServingKey,
		clientCAFile:       bootstrap.cert,
		frontProxyCAFile:   frontProxy.cert,
		authenticationFile: authentication,
		webhookFile:        webhook,
	} {
		if err := os.WriteFile(filepath.Join(o.Dir, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// ensureServiceAccountKey makes the key of service accounts' tokens, unless the folder has one: those tokens are to
// outlive a restart.
func ensureServiceAccountKey(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	_, key, err := newKey()
	if err != nil {
		return fmt.Errorf("make service account key: %w", err)
	}
	return atomicfile.Write(path, key, 0o600)
}

// newKey makes an ECDSA key, and its PEM.
func newKey() (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalECPrivateKey(key) // not PKCS #8, from which the API server takes no public key
	if err != nil {
		return nil, nil, err
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), nil
}
