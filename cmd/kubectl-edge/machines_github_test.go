//go:build system

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/releasetest"
)

const setupAction = "/.github/actions/setup-kubectl-edge@"

// The steps of the page's workflow run, with what GitHub gives a job, and the programs that the action installs.
func testGitHubActions(t *testing.T, p *person, _ *clustertest.Running) {
	var workflow struct {
		Permissions map[string]string
		Env         map[string]string
		Jobs        map[string]struct {
			Steps []struct{ Name, Uses, Run string }
		}
	}
	if err := yaml.Unmarshal([]byte(blocks(t, "github-actions.md", "yaml")[0]), &workflow); err != nil {
		t.Fatal(err)
	}
	if workflow.Permissions["id-token"] != "write" {
		t.Errorf("permissions %v", workflow.Permissions)
	}
	p.becomePod()
	for name, value := range workflow.Env {
		p.env.Setenv(name, value)
	}
	p.write("github-env", "")
	for name, value := range map[string]string{
		"STACKIT_SERVICE_ACCOUNT_EMAIL":  sandbox.AdminServiceAccount,
		"ACTIONS_ID_TOKEN_REQUEST_URL":   p.sandbox.GitHubRequestURL(),
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN": sandbox.GitHubRequestToken, "RUNNER_TEMP": p.env.WorkDir,
		"GITHUB_ENV": p.path("github-env"), "GITHUB_PATH": p.path("github-path"),
		"GITHUB_OUTPUT":     p.path("github-output"),
		"GITHUB_REPOSITORY": "example/plant",
	} {
		p.env.Setenv(name, value)
	}
	before := p.sandbox.Stats().Minted()
	var out string
	for _, step := range workflow.Jobs["deploy"].Steps {
		if strings.Contains(step.Uses, setupAction) {
			p.setsUp(step.Uses)
			continue
		} else if step.Run == "" {
			continue
		}
		out += p.must(nil, "bash", "-e", "-o", "pipefail", "-c", step.Run)
		set, err := os.ReadFile(p.path("github-env"))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Fields(string(set)) {
			name, value, _ := strings.Cut(line, "=")
			p.env.Setenv(name, value)
		}
	}
	if !strings.Contains(out, sandbox.InstanceUser) || !strings.Contains(out, hostOfSandbox) {
		t.Errorf("the job printed\n%s", out)
	}
	if installed, err := os.ReadFile(p.path("used")); err != nil ||
		!strings.Contains(string(installed), "kubectl-edge ") ||
		!strings.Contains(string(installed), "kubectl-edge_credential ") {
		t.Errorf("of what the action installed, the job used %q (%v)", installed, err)
	}
	if minted := p.sandbox.Stats().Minted() - before; minted != 1 {
		t.Errorf("the job minted %d tokens, want 1", minted)
	}
}

// The steps of the page for an edge cluster: the binding is there before, and the job uses no other right than its
// role.
func testGitHubEdgeCluster(t *testing.T, p *person, running *clustertest.Running) {
	if err := running.EdgeClusters.Start(t.Context(), "berlin"); err != nil {
		t.Fatal(err)
	}
	p.must(nil, "kubectl-edge", "kubeconfig", "create", "--name", "demo", "--cluster", "berlin", "--role",
		"cluster-admin", "--bind", "--switch-context")
	p.must(nil, "kubectl", "create", "namespace", "shop")
	p.must(nil, "kubectl-edge", "kubeconfig", "create", "--name", "demo", "--cluster", "berlin", "--role", "edit",
		"--namespace", "shop", "--bind")
	p.becomePod()
	p.write("github-env", "")
	for name, value := range map[string]string{
		"STACKIT_USE_OIDC": "1", "STACKIT_SERVICE_ACCOUNT_EMAIL": sandbox.AdminServiceAccount,
		"ACTIONS_ID_TOKEN_REQUEST_URL":   p.sandbox.GitHubRequestURL(),
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN": sandbox.GitHubRequestToken, "RUNNER_TEMP": p.env.WorkDir,
		"GITHUB_ENV": p.path("github-env"), "PROJECT_ID": sandbox.ProjectID,
	} {
		p.env.Setenv(name, value)
	}
	var steps []struct{ Name, Run string }
	if err := yaml.Unmarshal([]byte(blocks(t, "github-actions.md", "yaml")[1]), &steps); err != nil || len(steps) != 2 {
		t.Fatalf("%d steps, %v", len(steps), err)
	}
	p.must(nil, "bash", "-e", "-o", "pipefail", "-c", steps[0].Run)
	p.env.Setenv("KUBECONFIG", p.path("kubeconfig"))
	out := p.must(nil, "bash", "-e", "-o", "pipefail", "-c", steps[1].Run)
	if !strings.Contains(out, "kubectl-edge:"+sandbox.AdminServiceAccount) ||
		!strings.Contains(out, "[kubectl-edge:edit:shop system:authenticated]") {
		t.Errorf("the job printed\n%s", out)
	}
}

// setsUp runs the script of the action, with a release whose programs are ours. hack/github tests the action itself.
func (p *person) setsUp(uses string) {
	p.t.Helper()
	repository, version, _ := strings.Cut(uses, setupAction)
	script, err := filepath.Abs("../../.github/actions/setup-kubectl-edge/setup.sh")
	if err != nil {
		p.t.Fatal(err)
	}
	// The programs that the job finds are those that the action installs.
	bare := slices.DeleteFunc(filepath.SplitList(p.env.Getenv("PATH")), func(folder string) bool {
		_, err := os.Stat(filepath.Join(folder, "kubectl-edge"))
		return err == nil
	})
	p.env.Setenv("PATH", strings.Join(bare, string(filepath.ListSeparator)))
	p.must(nil, "env", "ACTION_REF="+version, "ACTION_REPOSITORY="+repository, "ATTESTATION=off",
		"RELEASES="+p.published(version).URL,
		"bash", script)
	added, err := os.ReadFile(p.path("github-path"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.env.Setenv("PATH", strings.Join(append(strings.Fields(string(added)), bare...), string(filepath.ListSeparator)))
}

// published is a release whose programs log that they are used, and run ours.
func (p *person) published(version string) *releasetest.Releases {
	p.t.Helper()
	programs := map[string]string{}
	for _, program := range []string{"kubectl-edge", "kubectl-edge_credential", "kubectl-sts"} {
		ours := program
		if path, err := exec.LookPath(program); err == nil {
			ours = path
		}
		programs[program] = fmt.Sprintf("#!/bin/sh\n[ \"$1\" != --version ] || exec echo kubectl edge %s\n"+
			"echo \"%s $*\" >>'%s'\nexec %s \"$@\"\n", version, program, p.path("used"), ours)
	}
	releases := releasetest.Serve(p.t)
	releases.Publish(p.t, version, programs)
	return releases
}
