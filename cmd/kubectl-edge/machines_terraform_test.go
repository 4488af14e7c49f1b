//go:build system

package main

import (
	"archive/zip"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	clientauthentication "k8s.io/client-go/pkg/apis/clientauthentication/v1"

	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// What the page's providers are to create.
const terraformResources = `
resource "kubernetes_config_map_v1" "line" {
  metadata {
    name = "from-terraform"
  }
  data = { line = "7" }
}

resource "helm_release" "line" {
  name  = "line"
  chart = "./chart"
}
`

// The page's providers, which are HashiCorp's, create and delete objects; neither plan nor state holds a token.
func testTerraform(t *testing.T, p *person, running *clustertest.Running) {
	programs := scripttest.Clients(t)
	p.env.Setenv("PATH", programs+string(os.PathListSeparator)+p.env.Getenv("PATH"))
	overrides, err := json.Marshal(programs) // a string of HCL's, too
	if err != nil {
		t.Fatal(err)
	}
	p.write("tofurc", `provider_installation {
		dev_overrides {
			"hashicorp/kubernetes" = `+string(overrides)+`
			"hashicorp/helm"       = `+string(overrides)+`
		}
	}`)
	p.env.Setenv("TF_CLI_CONFIG_FILE", p.path("tofurc"))
	p.write("plant/chart/Chart.yaml", "{apiVersion: v2, name: chart, version: 1.0.0}")
	p.write("plant/chart/templates/map.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: from-helm}}")
	// A kubeconfig names the profile it was created with.
	named := []string{"--profile=" + profile.DefaultName}
	profiles := [][]string{named, nil, named}
	for i, hcl := range blocks(t, "terraform.md", "hcl")[:len(profiles)] {
		hcl = strings.Replace(hcl, "https://demo-3714d85.edge.eu01.onstackit.cloud", running.Cluster.URL(), 1)
		p.write("plant/main.tf", hcl+terraformResources)
		before := p.sandbox.Stats().Minted()
		p.must(nil, "bash", "-euo", "pipefail", "-c",
			"cd plant; "+strings.TrimPrefix(blocks(t, "terraform.md", "console")[i], "$ "))
		p.terraforms(running, profiles[i])
		if minted := p.sandbox.Stats().Minted() - before; minted != 1 {
			t.Errorf("example %d: minted %d tokens, want 1", i, minted)
		}
	}
	testTerraformEdgeCluster(t, p, running, len(profiles))

	p.must(nil, "kubectl-edge", "logout")
	p.write("plant/main.tf", blocks(t, "terraform.md", "hcl")[0]+terraformResources)
	apply := strings.NewReplacer("$ ", "", "terraform plan",
		"tofu -chdir=plant apply -auto-approve -no-color").Replace(blocks(t, "terraform.md",
		"console")[len(profiles)+1])
	out, err := p.command("bash", "-euc", apply).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "executable kubectl-edge_credential failed with exit code 1") ||
		strings.Count(string(out), "hint: kubectl edge login") != 2 { // of each provider
		t.Errorf("logged out: %v\n%s", err, out)
	}
}

// terraforms plans, applies and destroys, with a helper that is called with some further arguments.
func (p *person) terraforms(running *clustertest.Running, further []string) {
	t := p.t
	t.Helper()
	tofu := func(args ...string) string {
		t.Helper()
		return p.must(nil, "tofu", append([]string{"-chdir=" + p.path("plant")}, args...)...)
	}
	maps := func() string {
		t.Helper()
		return p.must(nil, "kubectl", "--kubeconfig", running.Kubeconfig, "--namespace", "default", "get", "configmaps",
			"-o", "name")
	}
	tofu("plan", "-no-color", "-input=false", "-out=plan")
	p.env.Setenv("TF_LOG", "WARN")
	applied, err := p.command("tofu", "-chdir="+p.path("plant"), "apply", "-no-color", "-input=false",
		"plan").CombinedOutput()
	if err != nil {
		t.Fatalf("apply: %v\n%s", err, applied)
	}
	p.env.Setenv("TF_LOG", "")
	for _, name := range []string{"configmap/from-terraform\n", "configmap/from-helm\n"} {
		if have := maps(); !strings.Contains(have, name) {
			t.Errorf("after apply there are\n%s, not %s", have, name)
		}
	}
	var credential clientauthentication.ExecCredential
	args := append([]string{tokenrequest.Helper, "--project-id=" + sandbox.ProjectID, "--region=" + sandbox.Region,
		"--instance-id=" + sandbox.InstanceID}, further...)
	answer := p.must(nil, "client", args...) // from the cache
	if err := json.Unmarshal([]byte(answer), &credential); err != nil || credential.Status.Token == "" {
		t.Fatal("the helper answers without a token")
	}
	texts := contents(t, p.path("plant"))
	for _, name := range []string{"terraform.tfstate", "plan/tfplan", "plan/tfstate"} {
		if texts[name] == "" {
			t.Errorf("no %s", name)
		}
	}
	texts["output and log"] = string(applied)
	for name, text := range texts {
		if strings.Contains(text, credential.Status.Token) || strings.Contains(text, "eyJhbGciOi") {
			t.Errorf("%s holds a token", name)
		}
	}
	tofu("apply", "-no-color", "-input=false", "-auto-approve", "-destroy")
	if have := maps(); strings.Contains(have, "from-") {
		t.Errorf("after destroy there are\n%s", have)
	}
}

// contents returns the files in a folder and in zip archives there, such as plans of Terraform, by name.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	var add func(files fs.FS, prefix string)
	add = func(files fs.FS, prefix string) {
		err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			file, err := files.Open(name)
			if err != nil {
				return err
			}
			defer file.Close()
			data, err := io.ReadAll(file)
			if err != nil {
				return err
			}
			texts[prefix+name] = string(data)
			if archive, err := zip.OpenReader(filepath.Join(folder, name)); prefix == "" && err == nil {
				defer archive.Close()
				add(archive, name+"/")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	add(os.DirFS(folder), "")
	return texts
}
