//go:build system

package cluster_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
)

// kubectl runs the real kubectl as the bearer of token, and returns all its output.
func kubectl(t *testing.T, r *clustertest.Running, token string, args ...string) (string, error) {
	t.Helper()
	// A kubeconfig, not --token: arguments are for everyone to see, and the admin's certificate must not be sent.
	dir := t.TempDir()
	ca, kubeconfig := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "kubeconfig")
	write(t, ca, string(r.Sandbox.CA()))
	write(t, kubeconfig, `
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "`+r.Cluster.URL()+`", certificate-authority: "`+ca+`"}}]
users: [{name: u, user: {token: "`+token+`"}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`)
	cmd := exec.Command(filepath.Join(clustertest.Servers(t), "kubectl"), args...)
	cmd.Env = []string{"HOME=" + dir, "KUBECONFIG=" + kubeconfig}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func issue(t *testing.T, s *sandbox.Sandbox, instance string, lifetime time.Duration) string {
	t.Helper()
	token, err := s.IssueInstanceToken(instance, lifetime)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestCluster has its parts share a cluster; the one that rotates the signing key comes last.
func TestCluster(t *testing.T) {
	r := clustertest.Start(t)

	t.Run("a token of the instance is edge-admin", func(t *testing.T) {
		out, err := kubectl(t, r, issue(t, r.Sandbox, sandbox.InstanceID, time.Hour), "auth", "whoami")
		for _, want := range []string{"Username", sandbox.InstanceUser, "[edge-admin system:authenticated]"} {
			if err != nil || !strings.Contains(out, want) {
				t.Errorf("whoami: %v, want %q in:\n%s", err, want, out)
			}
		}
	})

	t.Run("an opaque token is edge-admin, until it ends", func(t *testing.T) {
		r.Sandbox.Configure(func(s *sandbox.Settings) { s.OpaqueInstanceTokens = true })
		defer r.Sandbox.Configure(func(s *sandbox.Settings) { s.OpaqueInstanceTokens = false })
		used, unused := issue(t, r.Sandbox, sandbox.InstanceID, time.Hour), issue(t, r.Sandbox, sandbox.InstanceID,
			time.Hour)
		if strings.Contains(used, ".") {
			t.Fatalf("a JWT: %s", used)
		}
		out, err := kubectl(t, r, used, "auth", "whoami")
		for _, want := range []string{sandbox.InstanceUser, "[edge-admin system:authenticated]"} {
			if err != nil || !strings.Contains(out, want) {
				t.Errorf("whoami: %v, want %q in:\n%s", err, want, out)
			}
		}
		r.Sandbox.EndInstanceTokens(sandbox.InstanceID)
		for name, token := range map[string]string{
			"ended early": unused, // not the used one, which the API server keeps for a while
			"expired":     issue(t, r.Sandbox, sandbox.InstanceID, -time.Minute),
			"another's":   issue(t, r.Sandbox, sandbox.ReconcilingID, time.Hour),
			"unknown":     "stec_AAAAAAAAAAAAAAAAAAAAAAAAAA",
		} {
			if out, err := kubectl(t, r, token, "auth", "whoami"); err == nil ||
				!strings.Contains(out, "Unauthorized") {
				t.Errorf("%s: %v:\n%s", name, err, out)
			}
		}
	})

	t.Run("the resources of edge.stackit.cloud", func(t *testing.T) {
		token := issue(t, r.Sandbox, sandbox.InstanceID, time.Hour)
		for _, c := range []struct{ resource, want string }{
			{"edgehosts", "4c4c4544-0042-3510-8052-b4c04f395931   True    part of cluster berlin"},
			{"EdgeHost", "e3a9c1f4-27b8-4d05-8a6e-91c5d0b7f23a   False   registered, waiting for a cluster"},
			{"edgeimages", "warehouse   v1.13.5-stackit.v1.7.16   True"},
			{"edgeclusters", "berlin   True    v1.35.4"},
		} {
			out, err := kubectl(t, r, token, "get", c.resource)
			if err != nil || !strings.Contains(out, c.want) {
				t.Errorf("get %s: %v, want %q in:\n%s", c.resource, err, c.want, out)
			}
		}
	})

	t.Run("an image that is ready names its artifact", func(t *testing.T) {
		out, err := kubectl(t, r, issue(t, r.Sandbox, sandbox.InstanceID, time.Hour), "get", "edgeimages", "warehouse",
			"-o", `jsonpath={.status.conditions[?(@.type=="Ready")].status} {.status.artifactUrl}`)
		const want = "True https://image-factory.edge.eu01.stackit.cloud/image/warehouse/metal-amd64.iso"
		if err != nil || out != want {
			t.Errorf("got %v, %q, want %q", err, out, want)
		}
	})

	t.Run("edge-admin may create", func(t *testing.T) {
		out, err := kubectl(t, r, issue(t, r.Sandbox, sandbox.InstanceID, time.Hour), "auth", "can-i", "create",
			"edgeclusters")
		if err != nil || strings.TrimSpace(out) != "yes" {
			t.Errorf("can-i: %v: %s", err, out)
		}
	})

	t.Run("refused", func(t *testing.T) {
		stranger, err := sandbox.New(sandbox.Options{URL: r.Sandbox.URL()}) // the same issuer URL, but keys of its own
		if err != nil {
			t.Fatal(err)
		}
		for name, token := range map[string]string{
			"expired":          issue(t, r.Sandbox, sandbox.InstanceID, -time.Minute),
			"another instance": issue(t, r.Sandbox, sandbox.ReconcilingID, time.Hour),
			"another signer":   issue(t, stranger, sandbox.InstanceID, time.Hour),
			"another issuer":   issueElsewhere(t),
			"no JWT":           "opaque",
		} {
			t.Run(name, func(t *testing.T) { wantUnauthorized(t, r, token) })
		}
	})

	t.Run("a withdrawn signing key", func(t *testing.T) {
		// Not used before: the API server keeps tokens that it has accepted for ten seconds.
		old := issue(t, r.Sandbox, sandbox.InstanceID, time.Hour)
		if err := r.Sandbox.RotateSigningKey(r.Sandbox.Issuer(sandbox.InstanceID), false); err != nil {
			t.Fatal(err)
		}
		// A token of the new key has the API server fetch the keys again.
		if out, err := kubectl(t, r, issue(t, r.Sandbox, sandbox.InstanceID, time.Hour), "auth", "whoami"); err != nil {
			t.Errorf("token of the new key: %v\n%s", err, out)
		}
		wantUnauthorized(t, r, old)
	})
}

// issueElsewhere makes a token of an instance of the same name at another sandbox.
func issueElsewhere(t *testing.T) string {
	t.Helper()
	other, err := sandbox.New(sandbox.Options{URL: "https://elsewhere.example"})
	if err != nil {
		t.Fatal(err)
	}
	return issue(t, other, sandbox.InstanceID, time.Hour)
}

// wantUnauthorized checks that the API server answers 401 to token.
func wantUnauthorized(t *testing.T, r *clustertest.Running, token string) {
	t.Helper()
	out, err := kubectl(t, r, token, "get", "--raw", "/api")
	if !errors.As(err, new(*exec.ExitError)) || !strings.Contains(out, "Unauthorized") {
		t.Errorf("want 401, got %v:\n%s", err, out)
	}
}

func TestStartFails(t *testing.T) {
	servers := t.TempDir()
	write(t, filepath.Join(servers, "etcd"), "#!/bin/sh\necho out of luck >&2\nexit 3\n")
	if err := os.Chmod(filepath.Join(servers, "etcd"), 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "cluster")

	t.Run("a server that ends", func(t *testing.T) {
		_, err := cluster.Start(t.Context(), cluster.Options{Servers: servers, Dir: dir})
		for _, want := range []string{"etcd ended", "exit status 3", "out of luck"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		}
	})
	t.Run("no server", func(t *testing.T) {
		if _, err := cluster.Start(t.Context(), cluster.Options{Servers: t.TempDir(), Dir: dir}); !errors.Is(err,
			os.ErrNotExist) {
			t.Errorf("got %v, want %v", err, os.ErrNotExist)
		}
	})
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the cluster's folder is left behind: %v", err)
	}

	t.Run("a folder that is there already", func(t *testing.T) {
		taken := t.TempDir()
		if _, err := cluster.Start(t.Context(), cluster.Options{Servers: servers, Dir: taken}); !errors.Is(err,
			os.ErrExist) {
			t.Errorf("got %v, want %v", err, os.ErrExist)
		}
		if _, err := os.Stat(taken); err != nil {
			t.Errorf("someone else's folder was removed: %v", err)
		}
	})
}
