//go:build system

package edgeclusters_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
)

// bench is an instance with its edge cluster berlin.
type bench struct {
	*clustertest.Running
	t *testing.T
}

const name = "berlin"

// secret is the kubeconfig in the secret of berlin, or nil where there is none.
func (b *bench) secret() []byte {
	b.t.Helper()
	client, err := kubernetes.NewForConfig(b.Cluster.Admin())
	if err != nil {
		b.t.Fatal(err)
	}
	s, err := client.CoreV1().Secrets("default").Get(b.t.Context(), name+"-kubeconfig", metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return s.Data["value"]
}

// admin is the configuration in the secret, as clients read it.
func (b *bench) admin() *rest.Config {
	b.t.Helper()
	config, err := clientcmd.RESTConfigFromKubeConfig(b.secret())
	if err != nil {
		b.t.Fatal(err)
	}
	config.QPS = -1
	config.Timeout = time.Minute
	return config
}

func (b *bench) client(config *rest.Config) kubernetes.Interface {
	b.t.Helper()
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		b.t.Fatal(err)
	}
	return client
}

func (b *bench) set(s sandbox.EdgeClusterSettings) {
	b.t.Helper()
	if err := b.EdgeClusters.Set(b.t.Context(), name, s); err != nil {
		b.t.Fatal(err)
	}
}

// reset is for the end of each part.
func (b *bench) reset() {
	if err := b.EdgeClusters.Reset(context.Background()); err != nil {
		b.t.Error(err)
	}
}

// whoami asks an API server who a client is.
func whoami(ctx context.Context, client kubernetes.Interface) (user string, groups []string, err error) {
	review, err := client.AuthenticationV1().SelfSubjectReviews().Create(ctx,
		&authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return "", nil, err
	}
	return review.Status.UserInfo.Username, review.Status.UserInfo.Groups, nil
}

// firstWhoami is whoami of a client whose connection starts the servers. Kubernetes' clients give a handshake ten
// seconds, which a busy machine may need more of: then another follows.
func (b *bench) firstWhoami() (user string, groups []string, err error) {
	b.t.Helper()
	client := b.client(b.admin())
	await(b.t, "an answer", func() bool {
		user, groups, err = whoami(b.t.Context(), client)
		return err == nil || !strings.Contains(err.Error(), "TLS handshake timeout")
	})
	return user, groups, err
}

// start has the servers run.
func (b *bench) start() {
	b.t.Helper()
	if err := b.EdgeClusters.Start(b.t.Context(), name); err != nil {
		b.t.Fatal(err)
	}
}

// request makes a signing request of a person, and approves it.
func (b *bench) request(client kubernetes.Interface) (csr *certificatesv1.CertificateSigningRequest,
	key *ecdsa.PrivateKey, err error) {
	b.t.Helper()
	if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		b.t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{
		CommonName: "kubectl-edge:ada@example.com", Organization: []string{"kubectl-edge:view"},
	}}, key)
	if err != nil {
		b.t.Fatal(err)
	}
	seconds := int32(600)
	requests := client.CertificatesV1().CertificateSigningRequests()
	csr, err = requests.Create(b.t.Context(), &certificatesv1.CertificateSigningRequest{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"},
		Spec: certificatesv1.CertificateSigningRequestSpec{
			Request:    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}),
			SignerName: certificatesv1.KubeAPIServerClientSignerName, ExpirationSeconds: &seconds,
			Usages: []certificatesv1.KeyUsage{certificatesv1.UsageClientAuth},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, nil, err
	}
	csr.Status.Conditions = []certificatesv1.CertificateSigningRequestCondition{{
		Type: certificatesv1.CertificateApproved, Status: corev1.ConditionTrue, Reason: "Test",
	}}
	csr, err = requests.UpdateApproval(b.t.Context(), csr.Name, csr, metav1.UpdateOptions{})
	return csr, key, err
}

// signed waits for the certificate of an approved request, and returns a client that has it.
func (b *bench) signed(admin *rest.Config) (*x509.Certificate, *rest.Config) {
	b.t.Helper()
	client := b.client(admin)
	csr, key, err := b.request(client)
	if err != nil {
		b.t.Fatal(err)
	}
	w, err := client.CertificatesV1().CertificateSigningRequests().Watch(b.t.Context(), metav1.ListOptions{
		FieldSelector: "metadata.name=" + csr.Name,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	defer w.Stop()
	for event := range w.ResultChan() {
		csr, ok := event.Object.(*certificatesv1.CertificateSigningRequest)
		if !ok || len(csr.Status.Certificate) == 0 {
			continue
		}
		block, _ := pem.Decode(csr.Status.Certificate)
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			b.t.Fatal(err)
		}
		der, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			b.t.Fatal(err)
		}
		config := rest.AnonymousClientConfig(admin)
		config.CertData = csr.Status.Certificate
		config.KeyData = pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
		config.Timeout = admin.Timeout
		return cert, config
	}
	b.t.Fatal("the watch ended without a certificate")
	return nil, nil
}

// TestEdgeCluster has its parts share an edge cluster, which starts with the first request.
func TestEdgeCluster(t *testing.T) {
	r := clustertest.Start(t)
	part := func(name string, test func(*bench)) {
		t.Run(name, func(t *testing.T) {
			b := &bench{r, t}
			defer b.reset()
			test(b)
		})
	}

	part("starts when it is asked", func(b *bench) {
		if got := b.EdgeClusters.List()[0]; got.Running || got.Status != sandbox.ClusterReady || got.UID == "" {
			b.t.Errorf("before: %+v", got)
		}
		user, groups, err := b.firstWhoami()
		if err != nil || user != "admin" || !strings.Contains(strings.Join(groups, " "), "system:masters") {
			b.t.Errorf("the administrator is %q of %q (%v)", user, groups, err)
		}
		if got := b.EdgeClusters.List()[0]; !got.Running || got.Failure != "" {
			b.t.Errorf("after: %+v", got)
		}
	})

	part("signs", func(b *bench) {
		cert, config := b.signed(b.admin())
		if left := time.Until(cert.NotAfter); left < 9*time.Minute || left > 10*time.Minute {
			b.t.Errorf("the certificate lives %v", left)
		}
		user, groups, err := whoami(b.t.Context(), b.client(config))
		if err != nil || user != "kubectl-edge:ada@example.com" ||
			!strings.Contains(strings.Join(groups, " "), "kubectl-edge:view") {
			b.t.Errorf("the certificate is of %q of %q (%v)", user, groups, err)
		}
		log, err := b.EdgeClusters.Audit(name)
		if err != nil || !strings.Contains(string(log), `"username":"kubectl-edge:ada@example.com"`) ||
			strings.Contains(string(log), "CERTIFICATE REQUEST") {
			b.t.Errorf("the audit log (%v) does not name who used it, or has bodies in it", err)
		}
	})

	part("shortens", func(b *bench) {
		b.set(sandbox.EdgeClusterSettings{SigningDuration: sandbox.Duration(5 * time.Second)})
		cert, config := b.signed(b.admin())
		if left := time.Until(cert.NotAfter); left > 5*time.Second {
			b.t.Errorf("the certificate lives %v", left)
		}
		client := b.client(config)
		await(b.t, "the certificate is refused after its time", func() bool {
			_, _, err := whoami(b.t.Context(), client)
			return apierrors.IsUnauthorized(err)
		})
	})

	part("does not sign", func(b *bench) {
		b.set(sandbox.EdgeClusterSettings{Signer: sandbox.SignerNone})
		client := b.client(b.admin())
		csr, _, err := b.request(client)
		if err != nil {
			b.t.Fatal(err)
		}
		// What other controllers do after it shows that the signer would have come to it.
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "after"}}
		if _, err := client.CoreV1().Namespaces().Create(b.t.Context(), namespace, metav1.CreateOptions{}); err != nil {
			b.t.Fatal(err)
		}
		await(b.t, "controllers work", func() bool {
			_, err := client.CoreV1().ServiceAccounts("after").Get(b.t.Context(), "default", metav1.GetOptions{})
			return err == nil
		})
		certificate := func() []byte {
			csr, err := client.CertificatesV1().CertificateSigningRequests().Get(b.t.Context(), csr.Name,
				metav1.GetOptions{})
			if err != nil {
				b.t.Fatal(err)
			}
			return csr.Status.Certificate
		}
		if certificate() != nil {
			b.t.Error("there is a certificate")
		}
		b.set(sandbox.EdgeClusterSettings{Signer: sandbox.SignerSigns})
		await(b.t, "it signs again", func() bool { return certificate() != nil })
	})

	part("signs with another authority", func(b *bench) {
		b.set(sandbox.EdgeClusterSettings{Signer: sandbox.SignerOther})
		_, config := b.signed(b.admin())
		if _, _, err := whoami(b.t.Context(), b.client(config)); !apierrors.IsUnauthorized(err) {
			b.t.Errorf("the API server takes it: %v", err)
		}
	})

	part("administrators who may not do all", func(b *bench) {
		as := func() *rest.Config {
			config := b.admin()
			config.Impersonate = rest.ImpersonationConfig{UserName: "ada", Groups: []string{"system:masters"}}
			return config
		}
		if user, _, err := whoami(b.t.Context(), b.client(as())); user != "ada" {
			b.t.Errorf("the administrator cannot impersonate: %q (%v)", user, err)
		}
		b.set(sandbox.EdgeClusterSettings{Administrator: sandbox.AdministratorNoImpersonation})
		if _, _, err := whoami(b.t.Context(), b.client(as())); !apierrors.IsForbidden(err) {
			b.t.Errorf("impersonation: %v", err)
		}
		b.signed(b.admin())
		b.set(sandbox.EdgeClusterSettings{Administrator: sandbox.AdministratorNoApproval})
		if _, _, err := whoami(b.t.Context(), b.client(as())); !apierrors.IsForbidden(err) {
			b.t.Errorf("impersonation: %v", err)
		}
		if _, _, err := b.request(b.client(b.admin())); !apierrors.IsForbidden(err) ||
			!strings.Contains(err.Error(), "approve") {
			b.t.Errorf("approval: %v", err)
		}
	})
}

// await asks again and again, for at most a minute.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(time.Minute); !holds(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// TestStartFails: the first error is shown with the end of the server's log, and the next client tries again.
func TestStartFails(t *testing.T) {
	built, servers := clustertest.Servers(t), t.TempDir()
	for _, program := range []string{"etcd", "kube-apiserver", "kubectl"} {
		if err := os.Symlink(filepath.Join(built, program), filepath.Join(servers, program)); err != nil {
			t.Fatal(err)
		}
	}
	manager := filepath.Join(servers, "kube-controller-manager")
	if err := os.WriteFile(manager, []byte("#!/bin/sh\necho out of luck >&2\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("EDGE_SANDBOX_SERVERS", servers)
	b := &bench{clustertest.Start(t), t}
	err := b.EdgeClusters.Start(t.Context(), name)
	for _, want := range []string{"start edge cluster berlin: kube-controller-manager ended", "exit status 3",
		"out of luck"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if got := b.EdgeClusters.List()[0]; got.Running || !strings.Contains(got.Failure, "out of luck") {
		t.Errorf("after it failed: %+v", got)
	}
	if err := os.Remove(manager); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(built, "kube-controller-manager"), manager); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.firstWhoami(); err != nil {
		t.Errorf("the next client: %v", err)
	}
	if got := b.EdgeClusters.List()[0]; !got.Running || got.Failure != "" {
		t.Errorf("after it started: %+v", got)
	}
}
