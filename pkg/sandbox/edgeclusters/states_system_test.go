//go:build system

package edgeclusters_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
)

// TestSecrets: what the secret with the kubeconfig holds, and what becomes of a client that uses it.
func TestSecrets(t *testing.T) {
	r := clustertest.Start(t)
	b := &bench{r, t}
	valid := string(b.secret())
	seen := map[string]string{valid: "valid"}
	for _, kind := range sandbox.SecretWords()[1:] {
		b.set(sandbox.EdgeClusterSettings{Secret: kind})
		text := string(b.secret())
		if other, ok := seen[text]; ok && text != "" {
			t.Errorf("%s is what %s is", kind, other)
		}
		seen[text] = kind
		wants, known := traits()[kind]
		if !known {
			t.Errorf("no trait of %s is known", kind)
		}
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not have %q:\n%.2000s", kind, want, text)
			}
		}
	}

	b.set(sandbox.EdgeClusterSettings{Secret: "missing"})
	if got := b.secret(); got != nil {
		t.Errorf("missing: %s", got)
	}
	for kind, want := range map[string]func(error) bool{
		"valid":        func(err error) bool { return err == nil },
		"ca-bundle":    func(err error) bool { return err == nil },
		"token":        func(err error) bool { return err == nil },
		"expired":      apierrors.IsUnauthorized,
		"wrong-ca":     says("certificate signed by unknown authority"),
		"half-renewed": says("private key does not match public key"),
	} {
		b.set(sandbox.EdgeClusterSettings{Secret: kind})
		config, err := clientcmd.RESTConfigFromKubeConfig(b.secret())
		if err == nil {
			config.Timeout = time.Minute
			err = ask(t, config)
		}
		if !want(err) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	b.set(sandbox.EdgeClusterSettings{Secret: "token"})
	if user, _, err := whoami(t.Context(), b.client(b.admin())); !strings.HasPrefix(user, "system:serviceaccount:") {
		t.Errorf("the token is of %q (%v)", user, err)
	}
}

// traits are what hostile and damaged secrets have in them.
func traits() map[string][]string {
	return map[string][]string{
		"missing": nil, "expired": nil, "half-renewed": nil, "wrong-ca": nil, "ca-bundle": nil, "empty": nil,
		"no-value": nil, "binary": {"\x00"}, "not-yaml": {"502 Bad Gateway"}, "token": {"token: ey"},
		"exec": {"exec:", "command: sh"}, "auth-provider": {"auth-provider:"},
		"other-server": {"server: https://127.0.0.1:"}, "plain-http": {"server: http://127.0.0.1:"},
		"insecure": {"insecure-skip-tls-verify: true"}, "proxy-url": {"proxy-url: http://127.0.0.1:"},
		"files": {"certificate-authority: /", "tokenFile: /"}, "traversal": {"../../"},
		"bomb": {"a9: &a9 [*a8, *a8"}, "control-characters": {`\e]0;hostile`}, "impersonates": {"as: root"},
		"password": {"password: admin"}, "tls-server-name": {"tls-server-name:"},
		"two-contexts": {"name: other"}, "no-context": {"contexts: []"},
		"huge": {strings.Repeat("x", 1<<19)},
	}
}

func says(text string) func(error) bool {
	return func(err error) bool { return err != nil && strings.Contains(err.Error(), text) }
}

// ask asks an API server who a client is.
func ask(t *testing.T, config *rest.Config) error {
	t.Helper()
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	_, _, err = whoami(t.Context(), client)
	return err
}

// TestStrays: who follows a hostile secret is counted.
func TestStrays(t *testing.T) {
	r := clustertest.Start(t)
	b := &bench{r, t}
	strays := func() int { return b.EdgeClusters.List()[0].Strays }
	b.set(sandbox.EdgeClusterSettings{Secret: "other-server"})
	config := b.admin()
	if strays() != 0 {
		t.Errorf("%d strays before anybody went there", strays())
	}
	c, err := net.Dial("tcp", strings.TrimPrefix(config.Host, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	await(t, "the connection is counted", func() bool { return strays() == 1 })

	b.set(sandbox.EdgeClusterSettings{Secret: "exec"})
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, b.secret(), 0o600); err != nil {
		t.Fatal(err)
	}
	kubectl := exec.Command(filepath.Join(clustertest.Servers(t), "kubectl"), "--kubeconfig", path, "get", "--raw",
		"/api")
	if out, err := kubectl.CombinedOutput(); err == nil {
		t.Errorf("a command that answers nothing was enough: %s", out)
	}
	if strays() < 2 {
		t.Error("the command did not run, or was not counted")
	}
}

// TestFronts: how an edge cluster is reached.
func TestFronts(t *testing.T) {
	r := clustertest.Start(t)
	b := &bench{r, t}
	b.start()
	b.set(sandbox.EdgeClusterSettings{Front: sandbox.FrontProxy})
	if err := ask(t, b.admin()); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "system:anonymous") {
		t.Errorf("a certificate by way of a proxy: %v", err)
	}
	b.set(sandbox.EdgeClusterSettings{Secret: sandbox.SecretToken})
	if err := ask(t, b.admin()); err != nil {
		t.Errorf("a token by way of a proxy: %v", err)
	}
	b.set(sandbox.EdgeClusterSettings{Front: sandbox.FrontPath})
	config := b.admin()
	if !strings.HasSuffix(config.Host, "/clusters/berlin") {
		t.Errorf("the server is %s", config.Host)
	}
	if err := ask(t, config); err != nil {
		t.Errorf("below a path: %v", err)
	}
	config.Host = strings.TrimSuffix(config.Host, "/clusters/berlin")
	if err := ask(t, config); !apierrors.IsNotFound(err) {
		t.Errorf("beside the path: %v", err)
	}
	b.set(sandbox.EdgeClusterSettings{Front: sandbox.FrontRefused})
	var refused *net.OpError
	if err := ask(t, b.admin()); !errors.As(err, &refused) || refused.Op != "dial" {
		t.Errorf("refused: %v", err)
	}
	b.set(sandbox.EdgeClusterSettings{Front: sandbox.FrontSilent})
	silent := b.admin()
	silent.Timeout = time.Second
	var failed *url.Error
	if err := ask(t, silent); !errors.As(err, &failed) || !failed.Timeout() {
		t.Errorf("silent: %v", err)
	}
	b.set(sandbox.EdgeClusterSettings{Front: sandbox.FrontDirect, Secret: sandbox.SecretValid})
	if err := ask(t, b.admin()); err != nil {
		t.Errorf("directly again: %v", err)
	}
}

// TestRotation: an edge cluster with another certificate authority, and one that was made again under its name.
func TestRotation(t *testing.T) {
	r := clustertest.Start(t)
	b := &bench{r, t}
	b.start()
	first := b.admin()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "before"}}
	_, err := b.client(first).CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	before := func(config *rest.Config) error {
		_, err := b.client(config).CoreV1().Namespaces().Get(t.Context(), "before", metav1.GetOptions{})
		return err
	}
	if err := b.EdgeClusters.RotateCA(t.Context(), name, true); err != nil {
		t.Fatal(err)
	}
	b.start()
	second := b.admin()
	if err := before(second); err != nil {
		t.Errorf("after a rotation that keeps the old authority: %v", err)
	}
	if n := strings.Count(string(second.CAData), "BEGIN"); n != 2 {
		t.Errorf("the secret names %d authorities", n)
	}
	old := rest.CopyConfig(first)
	old.CAData = second.CAData
	if err := before(old); err != nil {
		t.Errorf("a certificate of the old authority: %v", err)
	}
	if err := b.EdgeClusters.RotateCA(t.Context(), name, false); err != nil {
		t.Fatal(err)
	}
	b.start()
	third := b.admin()
	if err := before(third); err != nil {
		t.Errorf("after a rotation: %v", err)
	}
	if err := before(second); !says("unknown authority")(err) {
		t.Errorf("a client of before: %v", err)
	}
	second.CAData = third.CAData
	if err := before(second); !apierrors.IsUnauthorized(err) {
		t.Errorf("a certificate of before: %v", err)
	}

	uid := b.EdgeClusters.List()[0].UID
	if err := b.EdgeClusters.Recreate(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	state := b.EdgeClusters.List()[0]
	if state.UID == uid || state.Running {
		t.Errorf("made again: %+v", state)
	}
	b.start()
	if err := before(third); !says("unknown authority")(err) {
		t.Errorf("a client of before: %v", err)
	}
	if err := before(b.admin()); !apierrors.IsNotFound(err) {
		t.Errorf("what it held before: %v", err)
	}
}

// TestStatus: what an edge cluster shows of itself while it is created, and who may read its secrets.
func TestStatus(t *testing.T) {
	r := clustertest.Start(t)
	b := &bench{r, t}
	custom, err := dynamic.NewForConfig(b.Cluster.Admin())
	if err != nil {
		t.Fatal(err)
	}
	condition := func(ctx context.Context) string {
		object, err := custom.Resource(schema.GroupVersionResource{
			Group: "edge.stackit.cloud", Version: "v1alpha1", Resource: "edgeclusters",
		}).Namespace("default").Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		status, _ := object.Object["status"].(map[string]any)
		conditions, _ := status["conditions"].([]any)
		if len(conditions) == 0 {
			return ""
		}
		first := conditions[0].(map[string]any)
		return first["type"].(string) + "=" + first["status"].(string) + " " + first["reason"].(string)
	}
	for _, c := range []struct {
		status, condition string
		secret            bool
	}{
		{sandbox.ClusterReady, "ClusterReady=True Ready", true},
		{sandbox.ClusterCreating, "ClusterReady=False Creating", false},
		{sandbox.ClusterNew, "", false},
		{sandbox.ClusterDegraded, "ClusterReady=False NodesNotReady", true},
		{sandbox.ClusterReady, "ClusterReady=True Ready", true},
	} {
		b.set(sandbox.EdgeClusterSettings{Status: c.status})
		if got := condition(t.Context()); got != c.condition || (b.secret() != nil) != c.secret {
			t.Errorf("%s: condition %q, want %q; secret %v, want %v", c.status, got, c.condition, b.secret() != nil,
				c.secret)
		}
	}

	token, err := b.Sandbox.IssueInstanceToken(sandbox.InstanceID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	user := rest.AnonymousClientConfig(b.Cluster.Admin())
	user.BearerToken = token
	read := func() error {
		_, err := b.client(user).CoreV1().Secrets("default").Get(t.Context(), name+"-kubeconfig", metav1.GetOptions{})
		return err
	}
	if err := read(); err != nil {
		t.Errorf("a user of the instance: %v", err)
	}
	if err := b.EdgeClusters.LetReadSecrets(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if err := read(); !apierrors.IsForbidden(err) {
		t.Errorf("without secrets: %v", err)
	}
	custom, err = dynamic.NewForConfig(user)
	if err != nil {
		t.Fatal(err)
	}
	condition(t.Context()) // may still be read
	b.reset()
	if err := read(); err != nil {
		t.Errorf("with secrets again: %v", err)
	}
}

// TestAdd: others can be added and removed, and have names like those of the first.
func TestAdd(t *testing.T) {
	r := clustertest.Start(t)
	b := &bench{r, t}
	ctx := t.Context()
	for _, wrong := range []string{"", "Berlin", "../berlin", "a/b", name} {
		if err := b.EdgeClusters.Add(ctx, wrong); err == nil {
			t.Errorf("there is an edge cluster %q", wrong)
		}
	}
	if err := b.EdgeClusters.Add(ctx, "lisbon"); err != nil {
		t.Fatal(err)
	}
	config := b.admin()
	if err := b.EdgeClusters.Start(ctx, name); err != nil {
		t.Fatal(err)
	}
	if all := b.EdgeClusters.List(); len(all) != 2 || all[1].Name != "lisbon" || all[1].Running || !all[0].Running ||
		all[0].Server == all[1].Server || all[0].Server != config.Host {
		t.Errorf("edge clusters %+v", all)
	}
	if err := b.EdgeClusters.Remove(ctx, name); err != nil {
		t.Fatal(err)
	}
	if got := b.secret(); got != nil {
		t.Error("its secret is still there")
	}
	if _, err := net.Dial("tcp", strings.TrimPrefix(config.Host, "https://")); err == nil {
		t.Error("its address still takes connections")
	}
	if err := b.EdgeClusters.Reset(ctx); err != nil {
		t.Fatal(err)
	}
	if all := b.EdgeClusters.List(); len(all) != 1 || all[0].Name != name || b.secret() == nil {
		t.Errorf("after a reset: %+v", all)
	}
	if err := b.EdgeClusters.Remove(ctx, name); err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func() error{
		"set":    func() error { return b.EdgeClusters.Set(ctx, name, sandbox.EdgeClusterSettings{}) },
		"start":  func() error { return b.EdgeClusters.Start(ctx, name) },
		"remove": func() error { return b.EdgeClusters.Remove(ctx, name) },
		"audit":  func() error { _, err := b.EdgeClusters.Audit(name); return err },
	} {
		if err := do(); err == nil || err.Error() != `no edge cluster "berlin"` {
			t.Errorf("%s: %v", name, err)
		}
	}
}
