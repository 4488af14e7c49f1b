//go:build system

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/yaml"
	clientauthentication "k8s.io/client-go/pkg/apis/clientauthentication/v1"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

const docs = "../../docs/"

// blocks returns the fenced blocks of a page in a language.
func blocks(t *testing.T, page, language string) []string {
	t.Helper()
	data, err := os.ReadFile(docs + page)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, match := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(data), -1) {
		found = append(found, match[1])
	}
	if len(found) == 0 {
		t.Fatalf("%s has no example in %s", page, language)
	}
	return found
}

// object is a Kubernetes object, as far as the tests look at it.
type object struct {
	Kind     string
	Metadata struct{ Name string }
	Data     map[string]string
	Spec     struct {
		Template    podTemplate
		JobTemplate struct {
			Spec struct{ Template podTemplate }
		}
	}
}

type podTemplate struct {
	Spec struct{ InitContainers, Containers []container }
}

type container struct {
	Name, Image   string
	Command, Args []string
	Env           []struct{ Name, Value string }
	VolumeMounts  []struct{ Name, MountPath string }
}

// objects reads the objects in YAML documents, by kind and name.
func objects(t *testing.T, documents string) map[string]object {
	t.Helper()
	all := map[string]object{}
	for decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(documents), 4096); ; {
		var o object
		if err := decoder.Decode(&o); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, documents)
		}
		all[o.Kind+"/"+o.Metadata.Name] = o
	}
}

func (p *person) write(name, text string) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(p.path(name)), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(p.path(name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// writeWorkloadToken puts a pod's token where the environment then says it is.
func (p *person) writeWorkloadToken() {
	p.t.Helper()
	token, err := p.sandbox.IssueWorkloadToken(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	p.write("workload-token", token)
}

// becomePod leaves neither a login nor a cache of the person's.
func (p *person) becomePod() {
	p.t.Helper()
	for name, folder := range map[string]string{"XDG_STATE_HOME": "pod-state", "XDG_CACHE_HOME": "pod-cache",
		"XDG_RUNTIME_DIR": "pod-runtime"} {
		if err := os.Mkdir(p.path(folder), 0o700); err != nil {
			p.t.Fatal(err)
		}
		p.env.Setenv(name, p.path(folder))
	}
}

// setEnvironment sets a container's variables, with what is of the sandbox instead of the page's placeholders.
func (p *person) setEnvironment(c container) {
	p.t.Helper()
	p.writeWorkloadToken()
	for _, v := range c.Env {
		switch v.Name {
		case "STACKIT_SERVICE_ACCOUNT_EMAIL":
			v.Value = sandbox.AdminServiceAccount
		case "STACKIT_FEDERATED_TOKEN_FILE":
			v.Value = p.path("workload-token")
		}
		p.env.Setenv(v.Name, v.Value)
	}
}

// admits has the API server check what would be created.
func (p *person) admits(running *clustertest.Running, documents string) {
	p.t.Helper()
	p.must([]byte(documents), "kubectl", "--kubeconfig", running.Kubeconfig, "create", "--dry-run=server",
		"--validate=strict", "-f", "-")
}

// The component makes pods of Argo CD's own manifests that have the helper, its cache and the workload's token.
func testArgoCDComponent(t *testing.T, p *person, running *clustertest.Running) {
	manifests, err := os.ReadFile(filepath.Join(moduleDir(t, "argocd", "github.com/argoproj/argo-cd/v3"), "manifests",
		"install.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p.write("kz/install.yaml", string(manifests))
	if err := os.CopyFS(p.path("kz/argocd"), os.DirFS(docs+"examples/argocd")); err != nil {
		t.Fatal(err)
	}
	kustomization := regexp.MustCompile(`https://raw\S+`).ReplaceAllString(blocks(t, "argocd.md", "yaml")[0],
		"install.yaml")
	p.write("kz/kustomization.yaml", strings.Replace(kustomization, "namespace: argocd", "namespace: component", 1))
	p.must(nil, "kubectl", "--kubeconfig", running.Kubeconfig, "create", "namespace", "component")
	built := p.must(nil, "kubectl", "kustomize", p.path("kz"))
	all := objects(t, built)
	var pods []string
	for i, name := range []string{"StatefulSet/argocd-application-controller", "Deployment/argocd-server",
		"Deployment/argocd-applicationset-controller"} {
		template := all[name].Spec.Template.Spec
		own := slices.IndexFunc(template.Containers,
			func(c container) bool { return strings.HasSuffix(name, "/"+c.Name) })
		if own < 0 {
			t.Fatalf("%s has no container of its name", name)
		}
		var mounts []string
		for _, m := range template.Containers[own].VolumeMounts {
			mounts = append(mounts, m.MountPath)
		}
		for _, want := range []string{
			"/usr/local/bin/kubectl-edge", "/usr/local/bin/kubectl-edge_credential", "/var/cache/kubectl-edge",
			"/var/run/secrets/stackit.cloud/serviceaccount",
		} {
			if !slices.Contains(mounts, want) {
				t.Errorf("%s does not mount %s", name, want)
			}
		}
		if len(mounts) < 6 {
			t.Errorf("%s has lost mounts of its own: %v", name, mounts)
		}
		init := template.InitContainers[slices.IndexFunc(template.InitContainers,
			func(c container) bool { return c.Name == "kubectl-edge" })]
		if i == 0 {
			p.installs(init)
		}
		pods = append(pods, name)
	}
	var documents []string
	for _, document := range strings.Split(built, "\n---\n") {
		for name := range objects(t, document) {
			if slices.Contains(pods, name) {
				documents = append(documents, document)
			}
		}
	}
	if len(documents) != len(pods) {
		t.Errorf("%d documents, want those of %v", len(documents), pods)
	}
	p.admits(running, strings.Join(documents, "\n---\n"))
	for _, block := range blocks(t, "argocd.md", "yaml") {
		objects(t, block)
	}
}

// moduleDir returns the source of a module that a module below hack/ requires, which may be gone when what was built of
// it is not.
func moduleDir(t *testing.T, folder, module string) string {
	t.Helper()
	download := exec.Command("go", "mod", "download", "-json", module)
	download.Dir = filepath.Join("..", "..", "hack", folder)
	out, err := download.Output()
	if err != nil {
		t.Fatalf("download %s: %v\n%s", module, err, out)
	}
	var found struct{ Dir string }
	if err := json.Unmarshal(out, &found); err != nil || found.Dir == "" {
		t.Fatalf("download %s: %v\n%s", module, err, out)
	}
	return found.Dir
}

// imageRoot returns the root of the container image's files.
func imageRoot(t *testing.T) string {
	t.Helper()
	if root := os.Getenv("EDGE_IMAGE_ROOT"); root != "" {
		return root
	}
	root := t.TempDir()
	build := exec.Command(filepath.Join("..", "..", "hack", "image.sh"), "v0.0.0", root)
	build.Stderr = os.Stderr // progress
	if err := build.Run(); err != nil {
		t.Fatalf("build the image: %v", err)
	}
	return root
}

// fromImage is what a container of the image runs, from the image's root: its entrypoint with the container's
// arguments, in which the mounted folders are replaced.
func (p *person) fromImage(c container, mounts ...string) *exec.Cmd {
	p.t.Helper()
	if len(c.Command) > 0 || !strings.HasPrefix(c.Image, "ghcr.io/kubectl-edge/kubectl-edge:v") {
		p.t.Errorf("%s runs %q of %s, want the entrypoint of kubectl edge's image, which has no shell",
			c.Name, c.Command, c.Image)
	}
	args := slices.Clone(c.Args)
	for i := range args {
		args[i] = strings.NewReplacer(mounts...).Replace(args[i])
	}
	bin := filepath.Join(imageRoot(p.t), "usr", "local", "bin")
	cmd := p.command(filepath.Join(bin, "kubectl-edge"), args...)
	cmd.Env = append(cmd.Env, "PATH="+bin)
	return cmd
}

// installs runs the init container: the programs of the image are in the volume then, and others may run them.
func (p *person) installs(init container) {
	p.t.Helper()
	cmd := p.fromImage(init, "/kubectl-edge", p.path("installed"))
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	for _, program := range []string{"kubectl-edge", "kubectl-edge_credential"} {
		installed, err := os.ReadFile(p.path("installed/" + program))
		if err != nil {
			p.t.Fatal(err)
		}
		image, err := os.ReadFile(filepath.Join(filepath.Dir(cmd.Path), program))
		if err != nil {
			p.t.Fatal(err)
		}
		if !bytes.Equal(installed, image) {
			p.t.Errorf("%s is not the image's", program)
		}
		if info, err := os.Stat(p.path("installed/" + program)); err != nil || info.Mode() != 0o755 {
			p.t.Errorf("%s: %v, %v, want mode 0755", program, info.Mode(), err)
		}
	}
}

// What the page of Terraform has its providers call is what kubectl edge writes into kubeconfigs.
func TestTerraformPage(t *testing.T) {
	t.Parallel()
	hcl := blocks(t, "terraform.md", "hcl")[1]
	for name, want := range map[string]string{"command": tokenrequest.Helper,
		"api_version": clientauthentication.SchemeGroupVersion.String()} {
		if !regexp.MustCompile(name + ` *= "` + regexp.QuoteMeta(want) + `"`).MatchString(hcl) {
			t.Errorf("%s is not %q", name, want)
		}
	}
	list := regexp.MustCompile(`(?s)args = (\[.*?\])`).FindStringSubmatch(hcl)
	var args []string
	if err := json.Unmarshal(regexp.MustCompile(`,\s*\]`).ReplaceAll([]byte(list[1]), []byte("]")), &args); err != nil {
		t.Fatal(err)
	}
	request, err := tokenrequest.Parse(args)
	if err != nil || request.Check() != nil || !slices.Equal(request.Args(), args) {
		t.Errorf("%v asks for %+v, %v", args, request, err)
	}
}
