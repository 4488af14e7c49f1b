//go:build system

package clusteraccess_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/clusteraccess"
	"github.com/kubectl-edge/kubectl-edge/pkg/clusteraccess/accesstest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// world is where the tests mint.
type world struct {
	*testing.T
	*accesstest.World
	notes []string
}

func newWorld(t *testing.T) *world {
	return &world{T: t, World: accesstest.Start(t, clustertest.Start(t))}
}

// mint mints as ada, in the same process.
func (w *world) mint(cluster tokenrequest.EdgeCluster) (clusteraccess.Minted, error) {
	w.Helper()
	return w.minter().Mint(w.T.Context(), w.Instance, tokenrequest.Request{Expiration: 10 * time.Minute,
		EdgeCluster: cluster}, "ada@plant.example")
}

func (w *world) minter() clusteraccess.Minter {
	w.notes = nil
	return clusteraccess.Minter{
		Now: time.Now, UserAgent: "kubectl-edge/test",
		Note: func(text string) { w.notes = append(w.notes, text) },
		Work: func(ctx context.Context, job clusteraccess.Job) (clusteraccess.Outcome, error) {
			in, err := json.Marshal(job)
			if err != nil {
				return clusteraccess.Outcome{}, err
			}
			var out bytes.Buffer
			if err := clusteraccess.Work(ctx, bytes.NewReader(in), &out); err != nil {
				return clusteraccess.Outcome{}, err
			}
			var outcome clusteraccess.Outcome
			return outcome, json.Unmarshal(out.Bytes(), &outcome)
		},
	}
}

// requests are the certificate signing requests that are there.
func (w *world) requests() []certificatesv1.CertificateSigningRequest {
	w.Helper()
	list, err := w.Admin.CertificatesV1().CertificateSigningRequests().List(w.T.Context(), metav1.ListOptions{})
	if err != nil {
		w.Fatal(err)
	}
	return list.Items
}

// as is a client of the minted credential.
func (w *world) as(m clusteraccess.Minted) *kubernetes.Clientset {
	w.Helper()
	c, err := kubernetes.NewForConfig(&rest.Config{Host: m.Server.URL, BearerToken: m.Token,
		TLSClientConfig: rest.TLSClientConfig{CAData: m.Server.CA, CertData: []byte(m.Certificate),
			KeyData: []byte(m.PrivateKey)}})
	if err != nil {
		w.Fatal(err)
	}
	return c
}

var viewer = tokenrequest.EdgeCluster{Cluster: "berlin", Role: "view"}

func TestMint(t *testing.T) {
	w := newWorld(t)

	t.Run("a certificate has the person, and the group that was asked for alone", func(t *testing.T) {
		w.T = t
		m, err := w.mint(viewer)
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode([]byte(m.Certificate))
		leaf, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if got := leaf.Subject.String(); got != "CN=kubectl-edge:ada@plant.example,O=kubectl-edge:view" {
			t.Errorf("subject %s", got)
		}
		if life := m.Expires.Sub(m.Issued); life < 9*time.Minute || life > 10*time.Minute+time.Second {
			t.Errorf("lives for %v", life)
		}
		if left := w.requests(); len(left) != 0 {
			t.Errorf("%d requests are left", len(left))
		}
		if _, err := w.as(m).CoreV1().Pods("").List(t.Context(), metav1.ListOptions{}); err == nil {
			t.Error("without a binding it may list pods")
		}
	})

	t.Run("another machine, and another's failures", func(t *testing.T) {
		w.T = t
		first, err := w.mint(viewer)
		if err != nil {
			t.Fatal(err)
		}
		second, err := w.mint(viewer)
		if err != nil || first.Certificate == second.Certificate || first.PrivateKey == second.PrivateKey {
			t.Fatalf("the second is the first, or %v", err)
		}
		for _, m := range []clusteraccess.Minted{first, second} {
			if _, err := w.as(m).Discovery().ServerVersion(); err != nil {
				t.Error(err)
			}
		}
	})

	otherKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change accesstest.Signer
		want   string
	}{
		"another key": {func(_ *certificatesv1.CertificateSigningRequest, c *x509.Certificate) *x509.Certificate {
			c.PublicKey = otherKey.Public()
			return c
		}, "another certificate than was asked for: it has another key"},
		"another name": {func(_ *certificatesv1.CertificateSigningRequest, c *x509.Certificate) *x509.Certificate {
			c.Subject.CommonName = "kubectl-edge:rob"
			return c
		}, "its subject is"},
		"another group": {func(_ *certificatesv1.CertificateSigningRequest, c *x509.Certificate) *x509.Certificate {
			c.Subject.Organization = append(c.Subject.Organization, "system:nodes")
			return c
		}, "its subject is"},
		"more names": {func(_ *certificatesv1.CertificateSigningRequest, c *x509.Certificate) *x509.Certificate {
			c.Subject.OrganizationalUnit = []string{"x"}
			return c
		}, "its subject is"},
		"a year": {func(_ *certificatesv1.CertificateSigningRequest, c *x509.Certificate) *x509.Certificate {
			c.NotAfter = c.NotAfter.AddDate(1, 0, 0)
			return c
		}, "although 10m were asked for"},
		"over": {func(_ *certificatesv1.CertificateSigningRequest, c *x509.Certificate) *x509.Certificate {
			c.NotBefore, c.NotAfter = c.NotBefore.Add(-time.Hour), c.NotAfter.Add(-time.Hour)
			return c
		}, "the clocks of the cluster's control plane differ"},
		"not yet": {func(_ *certificatesv1.CertificateSigningRequest, c *x509.Certificate) *x509.Certificate {
			c.NotBefore, c.NotAfter = time.Now().Add(5*time.Minute), time.Now().Add(8*time.Minute)
			return c
		}, "the clocks of the cluster's control plane differ"},
		"for servers": {func(_ *certificatesv1.CertificateSigningRequest, c *x509.Certificate) *x509.Certificate {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
			return c
		}, "it is not for clients"},
		"no answer": {func(*certificatesv1.CertificateSigningRequest, *x509.Certificate) *x509.Certificate {
			return nil
		}, "the cluster does not sign certificates: no signer answered within 20s"},
	} {
		t.Run("signer: "+name, func(t *testing.T) {
			w.T = t
			w.Signer.Store(&c.change)
			defer w.Signer.Store(nil)
			m, err := w.mint(viewer)
			if err == nil || !strings.Contains(err.Error(), c.want) || m.Certificate != "" {
				t.Errorf("got %v, %v, want %q", m, err, c.want)
			}
			if left := w.requests(); len(left) != 0 {
				t.Errorf("%d requests are left", len(left))
			}
		})
	}

	t.Run("signer: shortens", func(t *testing.T) {
		w.T = t
		short := accesstest.Signer(func(_ *certificatesv1.CertificateSigningRequest,
			c *x509.Certificate) *x509.Certificate {
			c.NotAfter = time.Now().Add(45 * time.Second)
			return c
		})
		w.Signer.Store(&short)
		defer w.Signer.Store(nil)
		m, err := w.mint(viewer)
		if err != nil {
			t.Fatal(err)
		}
		if life := m.Expires.Sub(m.Issued); life > 46*time.Second || life < 40*time.Second {
			t.Errorf("lives for %v", life)
		}
	})

	for name, c := range map[string]struct {
		condition certificatesv1.CertificateSigningRequestCondition
		want      string
	}{
		"denied": {certificatesv1.CertificateSigningRequestCondition{Type: certificatesv1.CertificateDenied,
			Reason: "Policy", Message: "not \x1b[2Jhere"}, "the request was denied (Policy: not \ufffd[2Jhere)"},
		"failed": {certificatesv1.CertificateSigningRequestCondition{Type: certificatesv1.CertificateFailed,
			Reason: "SignerValidationFailure", Message: "invalid usages"},
			"it failed (SignerValidationFailure: invalid usages)"},
	} {
		t.Run("signer says: "+name, func(t *testing.T) {
			w.T = t
			c.condition.Status = corev1.ConditionTrue
			change := accesstest.Signer(func(csr *certificatesv1.CertificateSigningRequest,
				_ *x509.Certificate) *x509.Certificate {
				requests := w.Admin.CertificatesV1().CertificateSigningRequests()
				if c.condition.Type == certificatesv1.CertificateFailed && len(csr.Status.Conditions) == 1 {
					csr.Status.Conditions = append(csr.Status.Conditions, c.condition)
					if _, err := requests.UpdateStatus(t.Context(), csr, metav1.UpdateOptions{}); err != nil {
						t.Error(err)
					}
				}
				return nil
			})
			w.Signer.Store(&change)
			defer w.Signer.Store(nil)
			if name == "denied" {
				stop := w.onCreate(func(csr *certificatesv1.CertificateSigningRequest) {
					csr.Status.Conditions = append(csr.Status.Conditions, c.condition)
					_, _ = w.Admin.CertificatesV1().CertificateSigningRequests().UpdateApproval(t.Context(), csr.Name,
						csr,
						metav1.UpdateOptions{})
				})
				defer stop()
			}
			if _, err := w.mint(viewer); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// onCreate has f do something to each request before it is approved: it delays the approval until f is done.
func (w *world) onCreate(f func(*certificatesv1.CertificateSigningRequest)) (stop func()) {
	w.Helper()
	proxy := newProxy(w.T, w.Config, func(r *http.Request) {
		if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/approval") {
			name := strings.Split(r.URL.Path, "/")[5]
			csr, err := w.Admin.CertificatesV1().CertificateSigningRequests().Get(w.T.Context(), name,
				metav1.GetOptions{})
			if err != nil {
				w.Error(err)
				return
			}
			f(csr)
		}
	}, nil)
	w.Secret(w.T, w.Kubeconfig(w.T, proxy.use))
	return func() { w.Secret(w.T, w.Kubeconfig(w.T, nil)) }
}

// TestStranger has a stranger meddle with the request between its creation and its approval.
func TestStranger(t *testing.T) {
	w := newWorld(t)
	requests := w.Admin.CertificatesV1().CertificateSigningRequests()
	evil, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: "kubectl-edge:ada@plant.example", Organization: []string{"kubectl-edge:view"}}},
		evil)
	if err != nil {
		t.Fatal(err)
	}
	foreign := certificatesv1.CertificateSigningRequest{
		Spec: certificatesv1.CertificateSigningRequestSpec{
			Request:    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}),
			SignerName: certificatesv1.KubeAPIServerClientSignerName,
			Usages:     []certificatesv1.KeyUsage{certificatesv1.UsageClientAuth}, ExpirationSeconds: new(int32(600)),
		},
	}
	for name, c := range map[string]struct {
		meddle func(csr *certificatesv1.CertificateSigningRequest)
		want   string
	}{
		"replaces it": {func(csr *certificatesv1.CertificateSigningRequest) {
			if err := requests.Delete(t.Context(), csr.Name, metav1.DeleteOptions{}); err != nil {
				t.Error(err)
			}
			other := foreign.DeepCopy()
			other.Name, other.Labels = csr.Name, csr.Labels
			if _, err := requests.Create(t.Context(), other, metav1.CreateOptions{}); err != nil {
				t.Error(err)
			}
		}, "somebody deleted or replaced the request, so nothing was approved"},
		"deletes it": {func(csr *certificatesv1.CertificateSigningRequest) {
			if err := requests.Delete(t.Context(), csr.Name, metav1.DeleteOptions{}); err != nil {
				t.Error(err)
			}
		}, "somebody deleted or replaced the request, so nothing was approved"},
		"touches it": {func(csr *certificatesv1.CertificateSigningRequest) {
			csr.Annotations = map[string]string{"policy.example/seen": "yes"}
			if _, err := requests.Update(t.Context(), csr, metav1.UpdateOptions{}); err != nil {
				t.Error(err)
			}
			// It is signed, and does not pass the proxy of this test.
		}, "or a proxy in front of it drops certificates"},
	} {
		t.Run(name, func(t *testing.T) {
			w.T = t
			var once atomic.Bool
			stop := w.onCreate(func(csr *certificatesv1.CertificateSigningRequest) {
				if once.CompareAndSwap(false, true) {
					c.meddle(csr)
				}
			})
			defer stop()
			m, err := w.mint(viewer)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v, want %q", m, err, c.want)
			}
			for _, csr := range w.requests() {
				if len(csr.Status.Conditions) > 0 || len(csr.Status.Certificate) > 0 {
					t.Errorf("the stranger's request is approved: %+v", csr.Status)
				}
				if err := requests.Delete(t.Context(), csr.Name, metav1.DeleteOptions{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// proxy ends TLS in front of the API server, as an L7 proxy does, and looks at requests.
type proxy struct {
	url, token string
	ca         []byte
}

// use is the kubeconfig of an administrator who comes through the proxy.
func (p proxy) use(k *clientcmdapi.Config) {
	k.Clusters["berlin"].Server, k.Clusters["berlin"].CertificateAuthorityData = p.url, p.ca
	k.AuthInfos["admin"] = &clientcmdapi.AuthInfo{Token: p.token}
}

func newProxy(t *testing.T, config *rest.Config, look func(*http.Request), change func(*http.Response) error,
) proxy {
	t.Helper()
	admin, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "root"}}
	_, _ = admin.CoreV1().ServiceAccounts("default").Create(t.Context(), account, metav1.CreateOptions{})
	binding := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "root"},
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: "default", Name: "root"}}}
	_, _ = admin.RbacV1().ClusterRoleBindings().Create(t.Context(), binding, metav1.CreateOptions{})
	token, err := admin.CoreV1().ServiceAccounts("default").CreateToken(t.Context(), "root",
		&authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	reverse := httputil.NewSingleHostReverseProxy(target)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(config.CAData)
	reverse.ModifyResponse = change
	reverse.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	s := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		look(r)
		reverse.ServeHTTP(rw, r)
	}))
	t.Cleanup(s.Close)
	return proxy{url: s.URL, token: token.Status.Token,
		ca: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})}
}

// TestSweep leaves requests behind as a killed mint does, and others that look alike. The clock of the API server
// cannot be turned, so the mint is given another one.
func TestSweep(t *testing.T) {
	w := newWorld(t)
	request := func(as, group, label string) string {
		t.Helper()
		config := rest.CopyConfig(w.Config)
		if as != "" {
			config.Impersonate = rest.ImpersonationConfig{UserName: as, Groups: []string{group}}
		}
		client, err := kubernetes.NewForConfig(config)
		if err != nil {
			t.Fatal(err)
		}
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
			Subject: pkix.Name{CommonName: "x"}}, key)
		if err != nil {
			t.Fatal(err)
		}
		csr := &certificatesv1.CertificateSigningRequest{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "kubectl-edge-", Labels: map[string]string{
				"app.kubernetes.io/managed-by": label}},
			Spec: certificatesv1.CertificateSigningRequestSpec{
				Request:    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}),
				SignerName: certificatesv1.KubeAPIServerClientSignerName,
				Usages:     []certificatesv1.KeyUsage{certificatesv1.UsageClientAuth},
			},
		}
		created, err := client.CertificatesV1().CertificateSigningRequests().Create(t.Context(), csr,
			metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return created.Name
	}
	bind := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "kubectl-edge:cluster-admin"},
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "Group", Name: "kubectl-edge:cluster-admin"}}}
	if _, err := w.Admin.RbacV1().ClusterRoleBindings().Create(t.Context(), bind, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	mine := request("kubectl-edge:ada@plant.example", "system:masters", "kubectl-edge")
	another := request("kubectl-edge:rob@plant.example", "system:masters", "kubectl-edge")
	stranger := request("rob", "system:masters", "kubectl-edge")
	inGroup := request("kubectl-edge:rob@plant.example", "kubectl-edge:cluster-admin", "kubectl-edge")
	unlabelled := request("kubectl-edge:ada@plant.example", "system:masters", "x")
	left := func() (names []string) {
		for _, csr := range w.requests() {
			names = append(names, csr.Name)
		}
		slices.Sort(names)
		return names
	}
	want := func(names ...string) {
		t.Helper()
		slices.Sort(names)
		if got := left(); !slices.Equal(got, names) {
			t.Errorf("%q are left, want %q", got, names)
		}
	}
	if _, err := w.mint(viewer); err != nil {
		t.Fatal(err)
	}
	want(mine, another, stranger, inGroup, unlabelled) // they may be of a mint that goes on

	// The Date of an API server three minutes later.
	p := newProxy(t, w.Config, func(*http.Request) {}, func(r *http.Response) error {
		r.Header.Set("Date", time.Now().Add(3*time.Minute).UTC().Format(http.TimeFormat))
		return nil
	})
	w.Secret(t, w.Kubeconfig(t, p.use))
	_, err := w.mint(viewer)
	if err == nil || !strings.Contains(err.Error(), "drops certificates") { // it is signed, and does not pass
		t.Fatal(err)
	}
	want(stranger, inGroup, unlabelled)
}

// TestSkew has a clock that is half an hour ahead: the certificate is good for as long as it lives, by either clock,
// and a person gets to know.
func TestSkew(t *testing.T) {
	w := newWorld(t)
	m := w.minter()
	ahead := func() time.Time { return time.Now().Add(30 * time.Minute) }
	m.Now = ahead
	e, err := m.Mint(t.Context(), w.Instance, tokenrequest.Request{Expiration: 10 * time.Minute, EdgeCluster: viewer},
		"ada@plant.example")
	if err != nil {
		t.Fatal(err)
	}
	if !e.Usable(ahead()) || !e.KeepUntil(ahead()).After(ahead()) || e.Usable(ahead().Add(10*time.Minute)) {
		t.Errorf("it is from %v until %v, and here it is %v", e.Issued, e.Expires, ahead())
	}
	if len(w.notes) != 1 || !strings.HasPrefix(w.notes[0],
		`this machine's clock is 30m0s ahead of that of edge cluster "berlin"`) {
		t.Errorf("notes %q", w.notes)
	}
	m.Now = time.Now
	w.notes = nil
	if _, err := m.Mint(t.Context(), w.Instance, tokenrequest.Request{Expiration: 10 * time.Minute,
		EdgeCluster: viewer}, "ada@plant.example"); err != nil || len(w.notes) != 0 {
		t.Errorf("with a right clock: %v, %q", err, w.notes)
	}
}

// TestImpersonationRefused has an administrator who may not impersonate: the name in the audit log is then theirs.
func TestImpersonationRefused(t *testing.T) {
	w := newWorld(t)
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "signer-only"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{"certificates.k8s.io"}, Resources: []string{"certificatesigningrequests",
			"certificatesigningrequests/approval", "signers"}, Verbs: []string{"*"}}}}
	if _, err := w.Admin.RbacV1().ClusterRoles().Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "signer-only"},
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "signer-only"},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: "default", Name: "signer-only"}}}
	if _, err := w.Admin.RbacV1().ClusterRoleBindings().Create(t.Context(), binding,
		metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "signer-only"}}
	if _, err := w.Admin.CoreV1().ServiceAccounts("default").Create(t.Context(), account,
		metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	token, err := w.Admin.CoreV1().ServiceAccounts("default").CreateToken(t.Context(), "signer-only",
		&authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.Secret(t, w.Kubeconfig(t, func(k *clientcmdapi.Config) {
		k.AuthInfos["admin"] = &clientcmdapi.AuthInfo{Token: token.Status.Token}
	}))
	if m, err := w.mint(viewer); err != nil || m.Certificate == "" || len(w.requests()) != 0 {
		t.Errorf("got %v, %v, %d requests are left", m, err, len(w.requests()))
	}
}
