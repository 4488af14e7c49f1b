//go:build system

package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	certificatesv1 "k8s.io/api/certificates/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/clusteraccess/accesstest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
)

// TestAccess runs the scripts about credentials of an edge cluster with a real API server, which is the instance's,
// too, and a signer of the test's own.
func TestAccess(t *testing.T) {
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
		// memory ARGUMENT…: runs kubectl-edge credential, and searches its memory for the administrator's key when it
		// has minted, and before it ends.
		"memory": func(ts *testscript.TestScript, _ bool, args []string) {
			ts.Check(searchMemory(ts, world.Config.KeyData, args))
		},
	}
}

// homeVariables are those that lead to a script's own folders.
var homeVariables = []string{"HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR",
	"DBUS_SESSION_BUS_ADDRESS"}

// searchMemory reads the memory of a process that waits to be allowed to write its answer. That is what a core dump
// would have.
func searchMemory(ts *testscript.TestScript, key []byte, args []string) error {
	program, err := exec.LookPath("kubectl-edge")
	if err != nil {
		return err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	if _, err := write.Write(bytes.Repeat([]byte("x"), 64<<10)); err != nil { // it is full
		return err
	}
	cmd := exec.Command(program, append([]string{"credential"}, args...)...)
	cmd.Stdout = write
	cmd.Env = os.Environ()
	for _, name := range homeVariables {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	write.Close()
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	if err := untilCached(ts, cmd.Process.Pid); err != nil {
		return err
	}
	memory, err := memoryOf(cmd.Process.Pid)
	if err != nil {
		return err
	}
	if !bytes.Contains(memory, []byte("BEGIN CERTIFICATE")) {
		return fmt.Errorf("the memory of %d bytes does not have the certificate in it", len(memory))
	}
	for name, needle := range needles(key) {
		if i := bytes.Index(memory, needle); i >= 0 {
			return fmt.Errorf("the administrator's key is in the memory: %s", name)
		}
	}
	return nil
}

// untilCached waits until the certificate is in the cache, which comes before the answer.
func untilCached(ts *testscript.TestScript, pid int) error {
	found := false
	err := wait.PollUntilContextTimeout(context.Background(), 50*time.Millisecond, time.Minute, true,
		func(context.Context) (bool, error) {
			files, err := filepath.Glob(filepath.Join(ts.Getenv("XDG_RUNTIME_DIR"), "kubectl-edge", "tokens",
				"*.token"))
			if err != nil {
				return false, err
			}
			if slices.ContainsFunc(files, func(name string) bool {
				data, _ := os.ReadFile(name)
				return bytes.HasPrefix(data, []byte("kubectl-edge-cluster-"))
			}) {
				found = true
				return true, nil
			}
			if state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err != nil ||
				bytes.Contains(state, []byte(") Z ")) {
				return true, nil
			}
			return false, nil
		})
	if err == nil && !found {
		err = errors.New("no certificate was minted")
	}
	return err
}

// needles are the forms that the key may have: PEM, base64 of that at each of the three alignments, DER, and the number
// itself in both orders of bytes.
func needles(key []byte) map[string][]byte {
	block, _ := pem.Decode(key)
	private, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		panic(err)
	}
	number, err := private.Bytes()
	if err != nil {
		panic(err)
	}
	reversed := slices.Clone(number)
	slices.Reverse(reversed)
	middle := bytes.Split(key, []byte("\n"))[1]
	all := map[string][]byte{"PEM": middle[8:48], "DER": block.Bytes[10:40], "number": number[4:28],
		"reversed number": reversed[4:28]}
	for i := range 3 {
		inner := base64.StdEncoding.EncodeToString(key[30+i : 30+i+60])
		all[fmt.Sprintf("base64 at %d", i)] = []byte(inner[4:60])
		twice := base64.StdEncoding.EncodeToString([]byte(inner)[i:])
		all[fmt.Sprintf("base64 of base64 at %d", i)] = []byte(twice[4:60])
	}
	return all
}

func memoryOf(pid int) ([]byte, error) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, err
	}
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return nil, err
	}
	defer memory.Close()
	var all []byte
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		var mode string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); err != nil || !strings.HasPrefix(mode, "rw") ||
			strings.Contains(line, "[v") {
			continue
		}
		data, err := io.ReadAll(io.NewSectionReader(memory, from, to-from))
		if err != nil && len(data) == 0 {
			continue // a guard page
		}
		all = append(all, data...)
	}
	return all, nil
}

// TestEdgeCluster runs the scripts about credentials of an edge cluster with servers of its own, among which is the one
// that signs.
func TestEdgeCluster(t *testing.T) { inTurn(t, "edgecluster", expiryCommands(t)) }
