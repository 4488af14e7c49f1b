//go:build system && linux

package main

import (
	"cmp"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	certificatesv1 "k8s.io/api/certificates/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/clusteraccess/accesstest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
)

// TestAccess runs the scripts about credentials of an edge cluster with a real API server, which is the instance's,
// too, and a signer of the test's own.
func TestAccess(t *testing.T) {
	t.Parallel()
	requests := scripttest.NewRequests()
	var s steps
	running := clustertest.Start(t, func(o *sandbox.Options) {
		o.OnRequest = func(r *http.Request) {
			requests.Record(r)
			s.comes(0, false)
		}
	})
	world := accesstest.Start(t, running)
	scripts, err := filepath.Glob(filepath.Join("testdata", "access", "*.txtar"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("scripts: %v, %v", scripts, err)
	}
	for _, script := range scripts {
		var signed int
		p := scripttest.Params("", *update, func(e *testscript.Env) error {
			running.Sandbox.ClearFaults()
			world.Signer.Store(nil)
			world.Secret(t, world.Kubeconfig(t, nil))
			signed = world.Signed()
			scripttest.AddToPath(e, clustertest.Servers(t))
			e.Setenv("SERVER", running.Cluster.URL())
			e.Setenv("BERLIN", strings.Join([]string{"--project-id=" + sandbox.ProjectID, "--region=eu01",
				"--instance-id=" + sandbox.InstanceID, "--cluster=berlin"}, " "))
			return (&scripttest.World{Sandbox: running.Sandbox, Requests: requests}).SetUp(e)
		})
		for name, command := range accessCommands(t, world, &signed) {
			p.Cmds[name] = command
		}
		p.Cmds["killed"] = killed(t, world, running, &s)
		p.Files = []string{script}
		t.Run(strings.TrimSuffix(filepath.Base(script), ".txtar"), func(t *testing.T) { testscript.Run(t, p) })
	}
}

// accessCommands are what the scripts of TestAccess have besides those of scripttest.
func accessCommands(t *testing.T, world *accesstest.World, signed *int,
) map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		// context NAME ARGUMENT…: makes a context of the helper with these arguments, and uses it.
		"context": func(ts *testscript.TestScript, _ bool, args []string) {
			kubectl := func(args ...string) {
				ts.Check(ts.Exec("kubectl", append([]string{"config"}, args...)...))
			}
			kubectl("set-cluster", args[0], "--server="+ts.Getenv("SERVER"), "--certificate-authority="+
				ts.MkAbs(cmp.Or(ts.Getenv("AUTHORITY"), "ca.pem")), "--embed-certs")
			user := []string{"set-credentials", args[0], "--exec-command=kubectl-edge_credential",
				"--exec-api-version=client.authentication.k8s.io/v1", "--exec-interactive-mode=IfAvailable"}
			for _, arg := range append(strings.Fields(ts.Getenv("BERLIN")), args[1:]...) {
				user = append(user, "--exec-arg="+arg)
			}
			kubectl(user...)
			kubectl("set-context", args[0], "--cluster="+args[0], "--user="+args[0])
			kubectl("use-context", args[0])
		},
		// front DURATION: has the cluster be reached at another address from now on, with another clock, by which its
		// certificates are signed, too.
		"front": func(ts *testscript.TestScript, _ bool, args []string) {
			ahead, err := time.ParseDuration(args[0])
			ts.Check(err)
			front := world.Front(t, ahead, nil)
			world.Secret(t, world.Kubeconfig(t, front.Use))
			ts.Check(os.WriteFile(ts.MkAbs("front.pem"), front.CA, 0o600))
			ts.Setenv("SERVER", front.URL)
			ts.Setenv("AUTHORITY", "front.pem")
			sign := accesstest.Signer(func(_ *certificatesv1.CertificateSigningRequest,
				c *x509.Certificate) *x509.Certificate {
				c.NotBefore, c.NotAfter = c.NotBefore.Add(ahead), c.NotAfter.Add(ahead)
				return c
			})
			world.Signer.Store(&sign)
		},
		// signed N: checks how many certificates were signed since the last time.
		"signed": func(ts *testscript.TestScript, _ bool, args []string) {
			want, err := strconv.Atoi(args[0])
			ts.Check(err)
			now := world.Signed()
			if got := now - *signed; got != want {
				ts.Fatalf("%d certificates were signed, want %d", got, want)
			}
			*signed = now
		},
		// signer signs|none|shortens: how certificates are signed from now on.
		"signer": func(ts *testscript.TestScript, _ bool, args []string) {
			var change accesstest.Signer
			switch args[0] {
			case "none":
				change = func(*certificatesv1.CertificateSigningRequest, *x509.Certificate) *x509.Certificate {
					return nil
				}
			case "shortens":
				change = func(_ *certificatesv1.CertificateSigningRequest, c *x509.Certificate) *x509.Certificate {
					c.NotAfter = time.Now().Add(45 * time.Second)
					return c
				}
			}
			if change == nil {
				world.Signer.Store(nil)
			} else {
				world.Signer.Store(&change)
			}
		},
		// administrator missing|exec|half|valid: what the instance has for one.
		"administrator": func(ts *testscript.TestScript, _ bool, args []string) {
			change := map[string]func(*clientcmdapi.Config){
				"exec": func(k *clientcmdapi.Config) {
					k.AuthInfos["admin"].Exec = &clientcmdapi.ExecConfig{Command: "evil", APIVersion: "x"}
				},
				"half": func(k *clientcmdapi.Config) { k.AuthInfos["admin"].ClientKeyData = nil },
				"elsewhere": func(k *clientcmdapi.Config) {
					k.Clusters["berlin"].Server = "https://127.0.0.1:1"
				},
			}[args[0]]
			if args[0] == "missing" {
				world.Secret(t, nil)
				return
			}
			world.Secret(t, world.Kubeconfig(t, change))
		},
		// requests N: checks how many certificate signing requests there are.
		"requests": func(ts *testscript.TestScript, _ bool, args []string) {
			list, err := world.Admin.CertificatesV1().CertificateSigningRequests().List(t.Context(),
				metav1.ListOptions{})
			ts.Check(err)
			if got := strconv.Itoa(len(list.Items)); got != args[0] {
				ts.Fatalf("there are %s requests, want %s", got, args[0])
			}
		},
		"memory": memory(func() []byte { return world.Config.KeyData }),
	}
}

// TestEdgeCluster runs the scripts about credentials of an edge cluster with servers of its own, among which is the one
// that signs.
func TestEdgeCluster(t *testing.T) { inTurn(t, "edgecluster", expiryCommands(t)) }
