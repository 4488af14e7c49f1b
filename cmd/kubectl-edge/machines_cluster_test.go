//go:build system

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/browsertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// TestMachines has programs other than kubectl use the instance of one sandbox, whose Kubernetes API is real.
func TestMachines(t *testing.T) {
	t.Parallel()
	running := clustertest.Start(t)
	running.Sandbox.Configure(func(c *sandbox.Settings) { c.LocalUI = true })
	for name, test := range map[string]func(*testing.T, *person, *clustertest.Running){
		"web UI": testWebUI, "token file": testTokenFile, "Argo CD": testArgoCD,
		"component of Argo CD": testArgoCDComponent, "page of Flux": testFlux,
		"page of GitHub Actions": testGitHubActions, "GitHub Actions at an edge cluster": testGitHubEdgeCluster,
		"Argo CD at an edge cluster":      testArgoCDEdgeCluster,
		"page of Flux at an edge cluster": testFluxEdgeCluster,
		"page of Prometheus":              testPrometheus, "page of Terraform": testTerraform,
	} {
		t.Run(name, func(t *testing.T) {
			test(t, machineOwner(t, running), running)
		})
	}
}

// machineOwner is a person on a machine of their own, who is logged in and works with the project of the instance.
func machineOwner(t *testing.T, running *clustertest.Running) *person {
	t.Helper()
	env := &testscript.Env{WorkDir: t.TempDir(), Values: map[any]any{}, Vars: []string{
		"PATH=" + clustertest.Servers(t) + string(os.PathListSeparator) + os.Getenv("PATH"),
	}}
	w := &scripttest.World{Sandbox: running.Sandbox, Requests: scripttest.NewRequests()}
	if err := w.SetUp(env); err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, sandbox: running.Sandbox, client: sandboxtest.Client(t, running.Sandbox), env: env}
	p.must(nil, "kubectl-edge", "login", "--service-account-key", "admin.json")
	p.must(nil, "kubectl-edge", "config", "set", "project-id", sandbox.ProjectID)
	return p
}

// command makes a command in the person's environment.
func (p *person) command(name string, args ...string) *exec.Cmd {
	p.t.Helper()
	path := name
	for _, dir := range filepath.SplitList(p.env.Getenv("PATH")) {
		if found, err := exec.LookPath(filepath.Join(dir, name)); err == nil && filepath.Base(name) == name {
			path = found
			break
		}
	}
	cmd := exec.CommandContext(p.t.Context(), path, args...)
	cmd.Env, cmd.Dir = p.env.Vars, p.env.WorkDir
	return cmd
}

// must runs a command that has to succeed, and returns its output.
func (p *person) must(stdin []byte, name string, args ...string) string {
	p.t.Helper()
	cmd := p.command(name, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

func (p *person) path(name string) string { return filepath.Join(p.env.WorkDir, name) }

const hostOfSandbox = "4c4c4544-0042-3510-8052-b4c04f395931"

// The web UI takes the token that ui --print gives, and shows what the API server knows; it refuses others.
func testWebUI(t *testing.T, p *person, _ *clustertest.Running) {
	code, token, address := p.run("ui", "--name", "demo", "--print")
	token, address = strings.TrimSpace(token), strings.TrimSpace(address)
	if code != 0 || address != p.sandbox.UIURL(sandbox.InstanceID) {
		t.Fatalf("exit code %d, address %s", code, address)
	}
	expired, err := p.sandbox.IssueInstanceToken(sandbox.InstanceID, -time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	browser := browsertest.Start(t, p.sandbox.TLSConfig().Certificates...)
	do(t, browser, chromedp.Navigate(address), chromedp.WaitVisible("#token"))
	if label := read(t, browser, chromedp.Text("label[for=token]")); label != "Cluster Token" {
		t.Errorf("the field is labelled %q", label)
	}
	browsertest.Screenshot(browser, t, "ui-log-in")
	logIn := func(token string) {
		t.Helper()
		do(t, browser, chromedp.SendKeys("#token", token), chromedp.Click("button.primary"))
	}
	for name, bad := range map[string]string{"wrong": token[:len(token)-9] + "AAAAAAAAA", "expired": expired,
		"opaque": "hello"} {
		logIn(bad)
		do(t, browser, chromedp.WaitVisible(`[role=alert]`))
		if text := read(t, browser, chromedp.Text(`[role=alert]`)); text != "The cluster token was refused: it is "+
			"wrong, or has expired." {
			t.Errorf("%s token: the page says %q", name, text)
		}
		if text := read(t, browser, chromedp.Text("main")); strings.Contains(text, hostOfSandbox) ||
			strings.Contains(text, bad) {
			t.Errorf("%s token: the page shows\n%s", name, text)
		}
		browsertest.Screenshot(browser, t, "ui-"+name)
		do(t, browser, chromedp.Navigate(address), chromedp.WaitVisible("#token"))
	}
	logIn(token)
	do(t, browser, chromedp.WaitVisible("table"))
	browsertest.Screenshot(browser, t, "ui-edge-hosts")
	if text := read(t, browser, chromedp.Text("table")); !strings.Contains(text, hostOfSandbox) ||
		!strings.Contains(text, "part of cluster berlin") {
		t.Errorf("the page shows\n%s", text)
	}
	if html := read(t, browser, chromedp.OuterHTML("html")); strings.Contains(html, token) {
		t.Error("the page holds the token")
	}
}

// A kubeconfig with the tokenFile works while tokens come and go in it.
func testTokenFile(t *testing.T, p *person, running *clustertest.Running) {
	p.sandbox.Configure(func(c *sandbox.Settings) { c.InstanceTokenLifetime = sandbox.Duration(4 * time.Second) })
	defer p.sandbox.Configure(func(c *sandbox.Settings) { c.InstanceTokenLifetime = 0 })

	cmd := p.command("kubectl-edge", "token", "create", "--name", "demo", "--write-to", "token", "--keep-fresh",
		"--remove-on-exit", "--health-address", "127.0.0.1:0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	next := func(want string) string {
		t.Helper()
		if !lines.Scan() || !strings.Contains(lines.Text(), want) {
			t.Fatalf("got %q, want %q", lines.Text(), want)
		}
		return lines.Text()
	}
	_, health, _ := strings.Cut(next(" health: http://127.0.0.1:"), " health: ")
	next("token holds a new token until ")
	first, err := os.ReadFile(p.path("token"))
	if err != nil {
		t.Fatal(err)
	}
	config := `{"apiVersion": "v1", "kind": "Config", "current-context": "c",
		"clusters": [{"name": "c", "cluster": {"server": "` + running.Cluster.URL() + `",
			"certificate-authority": "` + p.path("ca.pem") + `"}}],
		"users": [{"name": "c", "user": {"tokenFile": "` + p.path("token") + `"}}],
		"contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}]}`
	if err := os.WriteFile(p.path("file.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	kubectl := func(args ...string) (string, error) {
		out, err := p.command("kubectl", append([]string{"--kubeconfig", p.path("file.yaml")},
			args...)...).CombinedOutput()
		return string(out), err
	}
	seen := map[string]bool{}
	for range 4 { // 3.2 s each
		if out, err := kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"); err != nil ||
			out != sandbox.InstanceUser {
			t.Errorf("%v: %s", err, out)
		}
		data, err := os.ReadFile(p.path("token"))
		if err != nil {
			t.Fatal(err)
		}
		seen[string(data)] = true
		if res, err := p.client.Get(health); err != nil || res.StatusCode != 200 {
			t.Errorf("health: %v, %v", res, err)
		} else if body, _ := io.ReadAll(res.Body); string(body) != "ok\n" {
			t.Errorf("health: %q", body)
		} else {
			res.Body.Close()
		}
		next("token holds a new token until ")
	}
	if len(seen) != 4 {
		t.Errorf("%d tokens in four lives", len(seen))
	}
	p.outlives(string(first), running, func() { next("token holds a new token until ") })
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		t.Errorf("after SIGTERM: %s", lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	if names, err := filepath.Glob(p.path("*token*")); err != nil || len(names) > 0 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}

// outlives waits, token by token, until the API server refuses an earlier one: it knows a token for ten seconds after
// it has accepted it.
func (p *person) outlives(token string, running *clustertest.Running, next func()) {
	p.t.Helper()
	var last string
	for range 20 {
		out, err := p.command("kubectl", "--kubeconfig", os.DevNull, "--server", running.Cluster.URL(),
			"--certificate-authority", p.path("ca.pem"),
			"--token", token, "get", "--raw", "/metrics").CombinedOutput()
		if err != nil && strings.Contains(string(out), "must be logged in") {
			return
		}
		last = fmt.Sprintf("%v, %.200s", err, out)
		next()
	}
	p.t.Errorf("the token still works twenty tokens later: %s", last)
}

// Argo CD's own code makes a working client of the Secret, whose helper mints with the pod's workload identity.
func testArgoCD(t *testing.T, p *person, running *clustertest.Running) {
	p.writeWorkloadToken()
	management := []string{"--kubeconfig", running.Kubeconfig, "--context", "bootstrap"}
	kubectl := func(args ...string) string { return p.must(nil, "kubectl", append(management, args...)...) }
	write := []string{
		"argocd", "cluster-secret", "--name", "demo", "--service-account-email", sandbox.AdminServiceAccount,
		"--token-file", p.path("workload-token"), "--label", "stage=prod",
	}
	apply := slices.Concat(write, []string{"--apply"}, management)

	if code, _, stderr := p.run(apply...); code != 1 || !strings.Contains(stderr, `namespaces "argocd" not found`) ||
		!strings.Contains(stderr, "hint: is argocd the namespace of Argo CD? see --namespace") {
		t.Errorf("without the namespace: %d, %s", code, stderr)
	}
	kubectl("create", "namespace", "argocd")
	for range 2 { // what is there already is no obstacle
		if code, _, stderr := p.run(apply...); code != 0 ||
			stderr != "Applied Secret argocd/edge-eu01-demo-3714d85 for instance demo-3714d85.\n" {
			t.Fatalf("apply: %d, %s", code, stderr)
		}
	}
	// What others add stays; what others changed is theirs until it is taken over.
	kubectl("-n", "argocd", "label", "secret", "edge-eu01-demo-3714d85", "team=blue", "stage=test", "--overwrite")
	if code, _, stderr := p.run(apply...); code != 1 ||
		!strings.Contains(stderr, "hint: add --force-conflicts to take these fields over") {
		t.Errorf("conflict: %d, %s", code, stderr)
	}
	if code, _, stderr := p.run(append(apply, "--force-conflicts")...); code != 0 {
		t.Errorf("with force: %d, %s", code, stderr)
	}
	secret := kubectl("-n", "argocd", "get", "secret", "-l",
		"argocd.argoproj.io/secret-type=cluster,team=blue,stage=prod", "-o", "json")
	var list struct{ Items []json.RawMessage }
	if err := json.Unmarshal([]byte(secret), &list); err != nil || len(list.Items) != 1 {
		t.Fatalf("%v, %s", err, secret)
	}
	// What is printed does the same.
	printed := p.must(nil, "kubectl-edge", append(write, "-o", "json")...)
	p.must([]byte(printed), "kubectl", append(management, "apply", "--server-side", "--force-conflicts",
		"--validate=strict", "-f", "-")...)

	p.becomePod()
	before := p.sandbox.Stats()
	for i := 1; i <= 2; i++ {
		secret := p.must(list.Items[0], filepath.Join(scripttest.Clients(t), "clustersecret"))
		out := strings.Split(strings.TrimSpace(secret), "\n")
		if out[0] != sandbox.InstanceUser || !slices.Contains(out, hostOfSandbox) {
			t.Errorf("Argo CD sees %q", out)
		}
		// The page's arithmetic: with each mint goes an access token, which is kept nowhere.
		after := p.sandbox.Stats()
		if minted, exchanged := after.Minted()-before.Minted(), exchanges(after)-exchanges(before); minted != i ||
			exchanged != i {
			t.Errorf("from %d empty caches: minted %d tokens with %d access tokens", i, minted, exchanged)
		}
		p.must(nil, "kubectl-edge", "cache", "clean")
	}
	if text := string(list.Items[0]); strings.Contains(text, "eyJhbGciOi") ||
		strings.Contains(text, tokenrequest.Helper) {
		t.Errorf("the Secret holds a token, or no base64: %s", text)
	}
}

func exchanges(s sandbox.Stats) int {
	n := 0
	for _, count := range s.Exchanges {
		n += count
	}
	return n
}
