// Package accesstest is an edge cluster for the tests of access to one.
package accesstest

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
)

// World is an API server that is both an instance and its edge cluster berlin, with a signer of the test's own, which
// can do what no honest one does.
type World struct {
	Config   *rest.Config // of the cluster's administrator
	Instance *rest.Config // with a token of the instance
	Admin    *kubernetes.Clientset
	// Signer is how the next requests are signed; nil signs as asked for.
	Signer atomic.Pointer[Signer]
	signed atomic.Int64
}

// Signer changes what is signed. A template that becomes nil is not signed.
type Signer func(csr *certificatesv1.CertificateSigningRequest, template *x509.Certificate) *x509.Certificate

// Start makes an edge cluster of a running instance, and begins to sign.
func Start(t testing.TB, r *clustertest.Running) *World {
	t.Helper()
	w := &World{Config: r.Cluster.Admin()}
	token, err := r.Sandbox.IssueInstanceToken(sandbox.InstanceID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	w.Instance = &rest.Config{Host: w.Config.Host, BearerToken: token,
		TLSClientConfig: rest.TLSClientConfig{CAData: w.Config.CAData}}
	if w.Admin, err = kubernetes.NewForConfig(w.Config); err != nil {
		t.Fatal(err)
	}
	w.Secret(t, w.Kubeconfig(t, nil))
	go w.sign(t)
	return w
}

// Kubeconfig is that of the administrator.
func (w *World) Kubeconfig(t testing.TB, change func(*clientcmdapi.Config)) []byte {
	t.Helper()
	k := clientcmdapi.NewConfig()
	// By another name, since an edge cluster at the address of its instance is refused.
	server := strings.Replace(w.Config.Host, "127.0.0.1", "localhost", 1)
	k.Clusters["berlin"] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: w.Config.CAData}
	k.AuthInfos["admin"] = &clientcmdapi.AuthInfo{ClientCertificateData: w.Config.CertData,
		ClientKeyData: w.Config.KeyData}
	k.Contexts["admin@berlin"] = &clientcmdapi.Context{Cluster: "berlin", AuthInfo: "admin"}
	k.CurrentContext = "admin@berlin"
	if change != nil {
		change(k)
	}
	data, err := clientcmd.Write(*k)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Secret is what the instance has for berlin; nil is none.
func (w *World) Secret(t testing.TB, value []byte) {
	t.Helper()
	secrets := w.Admin.CoreV1().Secrets("default")
	_ = secrets.Delete(t.Context(), "berlin-kubeconfig", metav1.DeleteOptions{})
	if value == nil {
		return
	}
	_, err := secrets.Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "berlin-kubeconfig"},
		Data: map[string][]byte{"value": value}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// Signed is how many requests were signed.
func (w *World) Signed() int { return int(w.signed.Load()) }

// sign signs what is approved, as kube-controller-manager does.
func (w *World) sign(t testing.TB) {
	ctx := t.Context()
	ca, key := w.authority(t)
	requests := w.Admin.CertificatesV1().CertificateSigningRequests()
	wait.UntilWithContext(ctx, func(ctx context.Context) { // a watch may end
		list, err := requests.List(ctx, metav1.ListOptions{})
		if err != nil {
			return // it ends with the test
		}
		for i := range list.Items {
			if err := w.signOne(ctx, &list.Items[i], ca, key); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		}
	}, 20*time.Millisecond)
}

// signOne signs the request if it is approved, and not signed yet.
func (w *World) signOne(ctx context.Context, csr *certificatesv1.CertificateSigningRequest, ca *x509.Certificate,
	key any) error {
	approved := slices.ContainsFunc(csr.Status.Conditions,
		func(c certificatesv1.CertificateSigningRequestCondition) bool {
			return c.Type == certificatesv1.CertificateApproved
		})
	if !approved || len(csr.Status.Certificate) > 0 {
		return nil
	}
	block, _ := pem.Decode(csr.Spec.Request)
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: request.Subject, PublicKey: request.PublicKey,
		NotBefore:   now.Add(-5 * time.Minute),
		NotAfter:    now.Add(time.Duration(*csr.Spec.ExpirationSeconds) * time.Second),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true,
	}
	if change := w.Signer.Load(); change != nil {
		if template = (*change)(csr, template); template == nil {
			return nil
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, template.PublicKey, key)
	if err != nil {
		return err
	}
	csr.Status.Certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if _, err := w.Admin.CertificatesV1().CertificateSigningRequests().UpdateStatus(ctx, csr,
		metav1.UpdateOptions{}); err == nil { // it may be gone, or have changed
		w.signed.Add(1)
	}
	return nil
}

func (w *World) authority(t testing.TB) (*x509.Certificate, any) {
	certificate, _ := pem.Decode(w.Config.CertData)
	key, _ := pem.Decode(w.Config.KeyData)
	ca, err := x509.ParseCertificate(certificate.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.ParseECPrivateKey(key.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return ca, private
}
