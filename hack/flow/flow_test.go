//go:build flow

package flow

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// theirs is a kubeconfig of the person, as an editor of their system writes it.
const theirs = "# the factory's own clusters\r\napiVersion: v1\r\nkind: Config\r\nclusters:\r\n" +
	"  - name: factory # do not touch\r\n    cluster: {server: 'https://factory.example:6443'}\r\n" +
	"users:\r\n  - name: factory\r\n    user: {token: not-ours}\r\ncontexts:\r\n" +
	"  - {name: factory, context: {cluster: factory, user: factory}}\r\ncurrent-context: factory\r\n"

func (w *world) writeKubeconfig(text string) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(w.kubeconfig), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(w.kubeconfig, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) login() {
	w.t.Helper()
	_, said := w.run("kubectl", "edge", "login", "--service-account-key",
		ofSandbox(w.t, "EDGE_SANDBOX_SERVICE_ACCOUNT_KEY"))
	w.expect(said, "Logged in as ")
	w.run("kubectl", "edge", "config", "set", "project-id", sandbox.ProjectID)
}

const entryName = "edge_eu01_demo-3714d85"

func TestFlow(t *testing.T) {
	w := newWorld(t)
	w.writeKubeconfig(theirs)
	w.login()

	_, said := w.run("kubectl", "edge", "kubeconfig", "create", "--name", "demo")
	w.expect(said, `for instance "demo" to "`+w.kubeconfig+`".`) // which can be pasted
	w.expectMinted(1)
	out, complaints := w.run("kubectl", "--context", entryName, "auth", "whoami")
	w.expect(out, "[edge-admin system:authenticated]")
	if complaints != "" {
		t.Errorf("kubectl complains: %s", complaints)
	}
	w.expectMinted(0)
	out, _ = w.run("kubectl", "edge", "cache", "list")
	w.expect(out, "demo-3714d85")

	w.run("kubectl", "edge", "cache", "clean")
	w.together(20, "kubectl", "--context", entryName, "get", "--raw", "/version")
	w.expectMinted(1)

	w.run("kubectl", "edge", "kubeconfig", "remove", entryName)
	if data, err := os.ReadFile(w.kubeconfig); err != nil || string(data) != theirs {
		t.Errorf("the kubeconfig is %q, %v; want it to the byte as it was", data, err)
	}
	if got := w.files(); got != "my config" {
		t.Errorf("beside the kubeconfig lie %s", got)
	}

	w.run("kubectl", "edge", "kubeconfig", "create", "--name", "demo")
	_, said = w.run("kubectl", "edge", "logout")
	w.expect(said, "Logged out")
	out, _ = w.run("kubectl", "edge", "cache", "list", "-o", "name")
	if strings.TrimSpace(out) != "" {
		t.Errorf("after the logout the cache has %q", out)
	}
	w.expect(w.fail("kubectl", "--context", entryName, "auth", "whoami"), "kubectl edge login")
}

// together runs a command that many start at once: all succeed.
func (w *world) together(n int, program string, args ...string) {
	w.t.Helper()
	var wait sync.WaitGroup
	for range n {
		cmd, out, complaints := w.command(program, args...)
		wait.Go(func() {
			if err := cmd.Run(); err != nil {
				w.t.Errorf("%s: %v\n%s%s", program, err, out, complaints)
			}
		})
	}
	wait.Wait()
}

// Kubeconfigs are written by many at once, and read by kubectl meanwhile: nothing is lost.
func TestManyWrite(t *testing.T) {
	w := newWorld(t)
	w.writeKubeconfig(theirs)
	w.login()
	const n = 6
	var wait sync.WaitGroup
	for i := range n {
		cmd, _, complaints := w.command("kubectl-edge", "kubeconfig", "create", "--name", "demo", "--context-name",
			fmt.Sprintf("many-%d", i))
		wait.Go(func() {
			if err := cmd.Run(); err != nil {
				t.Errorf("create %d: %v\n%s", i, err, complaints)
			}
		})
	}
	wait.Wait()
	data, err := os.ReadFile(w.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if name := fmt.Sprintf("many-%d", i); !bytes.Contains(data, []byte(name)) {
			t.Errorf("%s is lost", name)
		}
	}
	if got := w.files(); got != "my config" {
		t.Errorf("beside the kubeconfig lie %s", got)
	}
}

func TestStackState(t *testing.T) {
	w := newWorld(t)
	w.writeKubeconfig(theirs)
	token, err := os.ReadFile(ofSandbox(t, "EDGE_SANDBOX_STACKSTATE_API_TOKEN_FILE"))
	if err != nil {
		t.Fatal(err)
	}
	cmd, out, complaints := w.command("kubectl", "sts", "context", "save", "--name", "flow", "--api-token-stdin",
		"--url", os.Getenv("EDGE_SANDBOX_STACKSTATE_URL"), "--ca-cert-path", ofSandbox(t, "EDGE_SANDBOX_CA"),
		"--roles", "stackstate-guest")
	cmd.Stdin = bytes.NewReader(token)
	if err := cmd.Run(); err != nil {
		t.Fatalf("save: %v\n%s%s", err, out, complaints)
	}
	list, _ := w.run("kubectl", "sts", "context", "list")
	w.expect(list, "flow")
	w.together(10, "kubectl-sts", "token", "--ttl", "1h")
	first, _ := w.run("kubectl-sts", "token")
	if second, _ := w.run("kubectl-sts", "token"); !strings.HasPrefix(first, "svctok-") || second != first {
		t.Errorf("two tokens, want the one from the cache twice")
	}
	w.run("kubectl-sts", "logout")
}
