//go:build system

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
)

// The CronJob's script writes a Secret, with which Flux's controller does what the page's Kustomization says. A Secret
// with a credential helper in it gets it nowhere, unless it was started so.
func testFlux(t *testing.T, p *person, running *clustertest.Running) {
	p.env.Setenv("PATH", scripttest.Clients(t)+string(os.PathListSeparator)+p.env.Getenv("PATH"))
	admin, err := os.ReadFile(running.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	withHelper := p.must(nil, "kubectl-edge", "kubeconfig", "create", "--name", "demo", "-o", "yaml")
	p.write("kubeconfig", string(admin)) // of the cluster that Flux runs in, which is the instance itself
	p.must(nil, "kubectl", "create", "namespace", "flux-system")
	p.must(nil, "kubectl", "config", "set-context", "--current", "--namespace=flux-system")
	page := blocks(t, "flux.md", "yaml")
	p.admits(running, page[0])

	all := objects(t, page[0])
	pod := all["CronJob/edge-token"].Spec.JobTemplate.Spec.Template.Spec
	mint, job := pod.InitContainers[0], pod.Containers[0]
	p.becomePod()
	p.setEnvironment(mint)
	kubeconfig := strings.ReplaceAll(all["ConfigMap/edge-demo"].Data["kubeconfig"],
		"https://demo-3714d85.edge.eu01.onstackit.cloud", running.Cluster.URL())
	ca := regexp.MustCompile(`certificate-authority-data: .*`)
	kubeconfig = ca.ReplaceAllString(kubeconfig,
		"certificate-authority-data: "+base64.StdEncoding.EncodeToString(p.sandbox.CA()))
	p.write("config/kubeconfig", kubeconfig)
	p.write("work/.keep", "")
	script := strings.NewReplacer("/output/", p.path("work")+"/", "/config/", p.path("config")+"/").Replace(job.Args[0])
	for range 2 { // again in twenty minutes
		token := p.fromImage(mint, "/output/", p.path("work")+"/", "$(PROJECT_ID)", p.env.Getenv("PROJECT_ID"))
		if out, err := token.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", token, err, out)
		}
		p.must(nil, "sh", "-euc", script)
	}

	p.installFlux(t)
	kustomization := page[1]
	p.must([]byte(kustomization), "kubectl", "create", "--validate=strict", "-f", "-")
	p.write("with-helper", withHelper)
	p.must(nil, "kubectl", "create", "secret", "generic", "with-helper", "--from-file=value="+p.path("with-helper"))
	kustomization = strings.NewReplacer("edge-demo-kubeconfig", "with-helper", "name: line-control\n  namespace",
		"name: with-helper\n  namespace").Replace(kustomization)
	p.must([]byte(kustomization), "kubectl", "create", "--validate=strict", "-f", "-")

	const requester = "jsonpath={.spec.username}"
	wait := func(name, ready string) {
		t.Helper()
		p.must(nil, "kubectl", "wait", "kustomization/"+name, "--for=condition=Ready="+ready, "--timeout=2m")
	}
	stop := p.startFlux(t)
	wait("line-control", "True")
	if user := p.must(nil, "kubectl", "get", "certificatesigningrequest", "from-flux", "-o",
		requester); user != sandbox.InstanceUser {
		t.Errorf("Flux applied as %s, want %s", user, sandbox.InstanceUser)
	}
	wait("with-helper", "False")
	if out := p.must(nil, "kubectl", "get", "kustomization", "with-helper", "-o",
		"jsonpath={.status}"); !strings.Contains(out, "(Unauthorized)") {
		t.Errorf("with a helper: %s", out)
	}
	stop()

	p.must(nil, "kubectl", "delete", "kustomization", "line-control", "--wait=false")
	p.must(nil, "kubectl", "delete", "certificatesigningrequest", "from-flux")
	stop = p.startFlux(t, "--insecure-kubeconfig-exec")
	wait("with-helper", "True")
	if user := p.must(nil, "kubectl", "get", "certificatesigningrequest", "from-flux", "-o",
		requester); user != sandbox.InstanceUser {
		t.Errorf("Flux applied as %s, want %s", user, sandbox.InstanceUser)
	}
	stop()
}

// startFlux starts Flux's controller and returns what stops it.
func (p *person) startFlux(t *testing.T, flags ...string) (stop func()) {
	t.Helper()
	p.env.Setenv("RUNTIME_NAMESPACE", "flux-system")
	p.env.Setenv("TMPDIR", p.path("work"))
	started, stop := p.starts("Starting workers", "kustomize-controller",
		append([]string{"--metrics-addr=127.0.0.1:0", "--health-addr=127.0.0.1:0", "--requeue-dependency=1s"},
			flags...)...)
	started()
	return stop
}

// installFlux puts the definitions of Flux's objects into the cluster, and a source as Flux's source controller makes
// it of a repository: with an object that says who created it.
func (p *person) installFlux(t *testing.T) {
	t.Helper()
	definition := filepath.Join(moduleDir(t, "flux", "github.com/fluxcd/kustomize-controller"), "config", "crd",
		"bases")
	p.must(nil, "kubectl", "create", "-f", definition)
	// As far as the controller looks at them.
	for _, kind := range []string{"GitRepository", "OCIRepository", "Bucket"} {
		plural := strings.TrimSuffix(strings.ToLower(kind), "y") + "ies"
		if kind == "Bucket" {
			plural = "buckets"
		}
		p.must([]byte(fmt.Sprintf(`{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition,
			metadata: {name: %[2]s.source.toolkit.fluxcd.io}, spec: {group: source.toolkit.fluxcd.io, scope: Namespaced,
			names: {kind: %[1]s, listKind: %[1]sList, plural: %[2]s, singular: %[3]s},
			versions: [{name: v1, served: true, storage: true,
			schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}},
			subresources: {status: {}}}]}}`,
			kind, plural, strings.ToLower(kind))), "kubectl", "create", "-f", "-")
	}
	p.must(nil, "kubectl", "wait", "--for=condition=Established", "crd", "--all")

	archive := gzipped(t, "deploy/request.yaml", `{apiVersion: certificates.k8s.io/v1, kind: CertificateSigningRequest,
		metadata: {name: from-flux}, spec: {signerName: example.com/none, usages: [client auth],
		request: `+certificateRequest(t)+`}}`)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_,
			_ = w.Write(archive)
	}))
	t.Cleanup(server.Close)
	const repository = `{apiVersion: source.toolkit.fluxcd.io/v1, kind: GitRepository, metadata: {name: line-control},
		spec: {interval: 1m, url: "https://git.example/line-control.git"}`
	p.must([]byte(repository+"}"), "kubectl", "create", "-f", "-")
	p.must(nil, "kubectl", "patch", "gitrepository", "line-control", "--subresource=status", "--type=merge", "--patch",
		fmt.Sprintf(
			`{"status": {"artifact": {"path": "line-control.tar.gz", "url": %q, "revision": "main@sha1:0",
			"digest": "sha256:%x",
		"lastUpdateTime": "2026-01-01T00:00:00Z"}}}`, server.URL+"/line-control.tar.gz", sha256.Sum256(archive)))
}

// gzipped returns an archive with one file.
func gzipped(t *testing.T, name, text string) []byte {
	t.Helper()
	var archive bytes.Buffer
	compressed := gzip.NewWriter(&archive)
	files := tar.NewWriter(compressed)
	if err := files.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	if err := compressed.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

// certificateRequest returns a request for a certificate, in the form that a CertificateSigningRequest holds it.
func certificateRequest(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	request, err := x509.CreateCertificateRequest(rand.Reader,
		&x509.CertificateRequest{Subject: pkix.Name{CommonName: "line"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST",
		Bytes: request}))
}
