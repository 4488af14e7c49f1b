// Package clustertest runs a sandbox together with its Kubernetes API for one test.
package clustertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/edgeclusters"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
)

// Running is a sandbox whose instance sandbox.InstanceID is a running Kubernetes API.
type Running struct {
	Sandbox *sandbox.Sandbox
	Cluster *cluster.Cluster
	// EdgeClusters is one, berlin, whose servers start when it is first asked.
	EdgeClusters *edgeclusters.Set
	// Kubeconfig is the path of the bootstrap administrator's kubeconfig.
	Kubeconfig string
}

// Servers returns the folder with etcd, kube-apiserver and kubectl: $EDGE_SANDBOX_SERVERS, or what hack/servers.sh has
// built from source, or builds now.
func Servers(t testing.TB) string {
	t.Helper()
	return Built(t, "EDGE_SANDBOX_SERVERS", "servers.sh")
}

// Built returns the folder that a variable names, or else that of programs which a script below hack has built from
// source, or builds now.
func Built(t testing.TB, variable, script string, args ...string) string {
	t.Helper()
	if dir := os.Getenv(variable); dir != "" {
		return dir
	}
	gomod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		t.Fatalf("find the module's root: %v", err)
	}
	build := exec.Command(filepath.Join(filepath.Dir(strings.TrimSpace(string(gomod))), "hack", script), args...)
	build.Stderr = os.Stderr // progress
	dir, err := build.Output()
	if err != nil {
		t.Fatalf("hack/%s %s: %v", script, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(dir))
}

// Start starts a sandbox and its cluster, which end with the test. Options are those of sandboxtest.Start.
func Start(t testing.TB, options ...func(*sandbox.Options)) *Running {
	t.Helper()
	servers := Servers(t)
	s, _ := sandboxtest.Start(t, options...)
	cert, key, err := s.ServingCertificate("localhost", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(t.Context(), cluster.Options{
		Servers:     servers,
		Dir:         filepath.Join(t.TempDir(), "cluster"),
		InstanceID:  sandbox.InstanceID,
		Issuer:      s.Issuer(sandbox.InstanceID),
		TokenReview: s.TokenReviewURL(sandbox.InstanceID),
		CA:          s.CA(),
		ServingCert: cert,
		ServingKey:  key,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	edge, err := edgeclusters.Open(t.Context(), edgeclusters.Options{Servers: servers, Cluster: c}, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(edge.Stop)
	s.HostClusters(sandbox.InstanceID, edge)
	s.SetInstance(sandbox.InstanceID, func(i *sandbox.Instance) { i.Server, i.ServerCA = c.URL(), s.CA() })
	return &Running{Sandbox: s, Cluster: c, EdgeClusters: edge, Kubeconfig: writeKubeconfig(t, c.Admin())}
}

// writeKubeconfig writes a kubeconfig that holds what config does, and returns its path.
func writeKubeconfig(t testing.TB, config *rest.Config) string {
	t.Helper()
	const name = "bootstrap"
	k := clientcmdapi.NewConfig()
	k.Clusters[name] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	k.AuthInfos[name] = &clientcmdapi.AuthInfo{ClientCertificateData: config.CertData, ClientKeyData: config.KeyData}
	k.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	k.CurrentContext = name
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*k, path); err != nil {
		t.Fatal(err)
	}
	return path
}
