//go:build system

package main

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
)

// Argo CD's own code reads the Secret of an edge cluster, and the edge cluster takes it for whom the Secret says: with
// a token where a token can have the role, and else with a certificate.
func testArgoCDEdgeCluster(t *testing.T, p *person, running *clustertest.Running) {
	if err := running.EdgeClusters.Start(t.Context(), "berlin"); err != nil {
		t.Fatal(err)
	}
	p.writeWorkloadToken()
	secrets := map[string]corev1.Secret{}
	for _, role := range []string{"view", "cluster-admin"} {
		printed := p.must(nil, "kubectl-edge", "argocd", "cluster-secret", "--name", "demo", "--cluster", "berlin",
			"--role", role, "--bind", "--service-account-email", sandbox.AdminServiceAccount, "--token-file",
			p.path("workload-token"), "-o", "json")
		var secret corev1.Secret
		if err := json.Unmarshal([]byte(printed), &secret); err != nil {
			t.Fatal(err)
		}
		secret.Data = map[string][]byte{}
		for key, value := range secret.StringData { // as the API server keeps it
			secret.Data[key] = []byte(value)
		}
		for label, want := range map[string]string{
			"kubectl-edge/cluster": "berlin", "kubectl-edge/cluster-namespace": "default",
			"kubectl-edge/instance-id": sandbox.InstanceID, "kubectl-edge/region": sandbox.Region,
		} {
			if got := secret.Labels[label]; got != want {
				t.Errorf("label %s is %q, want %q", label, got, want)
			}
		}
		if secret.Name != "edge-eu01-demo-3714d85.berlin" {
			t.Errorf("the Secret is called %s", secret.Name)
		}
		secrets[role] = secret
	}
	p.becomePod()
	for role, want := range map[string]string{
		"view": "system:serviceaccount:kubectl-edge:person-", "cluster-admin": "kubectl-edge:" +
			sandbox.AdminServiceAccount,
	} {
		data, err := json.Marshal(secrets[role])
		if err != nil {
			t.Fatal(err)
		}
		ask := p.command(filepath.Join(scripttest.Clients(t), "clustersecret"))
		ask.Stdin = strings.NewReader(string(data))
		out, _ := ask.CombinedOutput() // it also asks for edge hosts, which an edge cluster does not have
		if !strings.HasPrefix(string(out), want) {
			t.Errorf("as %s the edge cluster sees %q, want %s…", role, out, want)
		}
	}
}

// The page's providers work with an edge cluster, and no more than its role allows.
func testTerraformEdgeCluster(t *testing.T, p *person, running *clustertest.Running, block int) {
	if err := running.EdgeClusters.Start(t.Context(), "berlin"); err != nil {
		t.Fatal(err)
	}
	p.write("plant/main.tf", blocks(t, "terraform.md", "hcl")[block]+terraformResources)
	p.must(nil, "bash", "-euo", "pipefail", "-c",
		"cd plant; "+strings.TrimPrefix(blocks(t, "terraform.md", "console")[block], "$ "))
	tofu := func(args ...string) string {
		t.Helper()
		return p.must(nil, "tofu", append([]string{"-chdir=" + p.path("plant")}, args...)...)
	}
	maps := func() string {
		t.Helper()
		return p.must(nil, "kubectl", "--kubeconfig", p.path("plant/berlin.yaml"), "get", "configmaps", "-o", "name")
	}
	tofu("apply", "-no-color", "-input=false", "-auto-approve")
	for _, name := range []string{"configmap/from-terraform\n", "configmap/from-helm\n"} {
		if have := maps(); !strings.Contains(have, name) {
			t.Errorf("after apply there are\n%s, not %s", have, name)
		}
	}
	for name, text := range contents(t, p.path("plant")) {
		if strings.Contains(text, "PRIVATE KEY") {
			t.Errorf("%s holds a key", name)
		}
	}
	tofu("apply", "-no-color", "-input=false", "-auto-approve", "-destroy")
	if have := maps(); strings.Contains(have, "from-") {
		t.Errorf("after destroy there are\n%s", have)
	}
}

// The containers of Flux's page write a Secret whose kubeconfig opens the edge cluster as far as its role goes.
func testFluxEdgeCluster(t *testing.T, p *person, running *clustertest.Running) {
	if err := running.EdgeClusters.Start(t.Context(), "berlin"); err != nil {
		t.Fatal(err)
	}
	create, _, _ := strings.Cut(strings.TrimPrefix(blocks(t, "flux.md", "console")[0], "$ "), "\n…")
	printed := p.must(nil, "sh", "-c", create)
	admin, err := os.ReadFile(running.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	p.write("kubeconfig", string(admin)) // of the cluster that Flux runs in, which is the instance itself
	const namespace = "flux-edge"
	p.must(nil, "kubectl", "create", "namespace", namespace)
	p.must(nil, "kubectl", "config", "set-context", "--current", "--namespace="+namespace)

	// The entries of the page's ConfigMap, with the server and the CA that were printed.
	config := objects(t, blocks(t, "flux.md", "yaml")[0])["ConfigMap/edge-demo"].Data["kubeconfig"]
	for _, field := range []string{"server", "certificate-authority-data"} {
		line := regexp.MustCompile(field + `: .*`)
		config = line.ReplaceAllString(config, line.FindString(printed))
	}
	p.write("config/kubeconfig", config)
	p.write("work/.keep", "")
	var pod struct{ InitContainers, Containers []container }
	if err := yaml.Unmarshal([]byte(blocks(t, "flux.md", "yaml")[2]), &pod); err != nil {
		t.Fatal(err)
	}
	p.becomePod()
	p.setEnvironment(pod.Containers[0])
	p.env.Setenv("PROJECT_ID", sandbox.ProjectID)
	install := p.fromImage(pod.InitContainers[0], "/programs", p.path("programs"))
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", install, err, out)
	}
	p.must(nil, "sh", "-euc", strings.NewReplacer("/output/", p.path("work")+"/", "/config/", p.path("config")+"/",
		"/programs/", p.path("programs")+"/").Replace(pod.Containers[0].Args[0]))
	secret := p.must(nil, "kubectl", "get", "secret", "edge-berlin-kubeconfig", "-o", "jsonpath={.data.value}")
	kubeconfig, err := base64.StdEncoding.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	p.write("berlin", string(kubeconfig))
	who := p.must(nil, "kubectl", "--kubeconfig", p.path("berlin"), "auth", "whoami", "-o",
		"jsonpath={.status.userInfo.username}")
	if !strings.HasPrefix(who, "system:serviceaccount:kubectl-edge:person-") {
		t.Errorf("the edge cluster sees %s", who)
	}
	p.must(nil, "kubectl", "--kubeconfig", p.path("berlin"), "--namespace", "default", "create", "configmap", "flux")
	other := p.command("kubectl", "--kubeconfig", p.path("berlin"), "--namespace", "kube-system", "create",
		"configmap", "flux")
	if out, err := other.CombinedOutput(); err == nil {
		t.Errorf("in another namespace: %s", out)
	}
}
