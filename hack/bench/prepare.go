package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// command is what is measured.
type command struct {
	args   []string
	env    []string
	chatty bool // says things on stderr
	status int  // its exit code
}

// with is c with further variables in its environment.
func (c command) with(env []string) command {
	c.env = slices.Concat(c.env, env)
	return c
}

// stage has the commands, each with a warm cache.
type stage struct {
	tree                         string
	bare, helper, gke, kubelogin command
	kubectl, kubectlBare         command
	instances, stackitInstances  command
	stackitToken                 command
	system                       []string // has a command read the system's certificate authorities
	install                      func() error
	store                        tokencache.Store
}

const (
	context     = "edge_eu01_" + sandbox.InstanceID
	bareContext = "bare"
	edgeCluster = "berlin" // the sandbox's first

	// execInfo is what kubectl says to each helper.
	execInfo = `KUBERNETES_EXEC_INFO={"kind":"ExecCredential",` +
		`"apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false}}
`
)

// prepare logs in, writes the kubeconfigs and warms the caches.
func prepare(tree, peers string) (*stage, error) {
	for _, step := range [][]string{
		{"kubectl", "edge", "login", "--service-account-key", os.Getenv("EDGE_SANDBOX_SERVICE_ACCOUNT_KEY")},
		{"kubectl", "edge", "config", "set", "project-id", sandbox.ProjectID},
		{"kubectl", "edge", "kubeconfig", "create", "--instance-id", sandbox.InstanceID},
		{"stackit", "auth", "activate-service-account", "--service-account-key-path",
			os.Getenv("EDGE_SANDBOX_SERVICE_ACCOUNT_KEY"), "--assume-yes"},
	} {
		if _, err := output(step[0], step[1:]...); err != nil {
			return nil, err
		}
	}
	home := os.Getenv("HOME")
	if err := buildBare(tree, filepath.Join(home, "bare")); err != nil {
		return nil, err
	}
	installed := filepath.Join(home, "installed")
	installAll := func() error {
		return install(installed, filepath.Join(home, "bare"), filepath.Join(tree, "bin", "kubectl-edge_credential"),
			filepath.Join(peers, "gke-gcloud-auth-plugin"), filepath.Join(peers, "kubelogin"))
	}
	if err := installAll(); err != nil {
		return nil, err
	}
	bare := filepath.Join(installed, "bare")
	for _, step := range [][]string{
		{"config", "set-credentials", bareContext, "--exec-command", bare, "--exec-api-version",
			"client.authentication.k8s.io/v1", "--exec-interactive-mode", "IfAvailable"},
		{"config", "set-context", bareContext, "--cluster", context, "--user", bareContext},
	} {
		if _, err := output("kubectl", step...); err != nil {
			return nil, err
		}
	}
	// The STACKIT CLI is sent to the sandbox by plain HTTP, and so reads no certificate authorities: ours shall read
	// none of the system's either, in rows that compare the rest.
	roots := []string{"SSL_CERT_DIR=" + filepath.Join(home, "none"), "SSL_CERT_FILE=" + os.Getenv("EDGE_SANDBOX_CA")}
	edge, err := output("kubectl", "edge", "config", "get", "endpoints.edge")
	if err != nil {
		return nil, err
	}
	version := []string{"kubectl", "get", "--raw", "/version", "--context"}
	s := &stage{
		tree:    tree,
		install: installAll,
		// As with the real STACKIT: both by TLS. The bundle of edge-sandbox is the system's with one more in it, and
		// the system's folder is read where a program does that by itself.
		system: []string{
			"STACKIT_EDGE_CUSTOM_ENDPOINT=" + strings.TrimSpace(edge), "SSL_CERT_FILE=" + os.Getenv("SSL_CERT_FILE"),
			"SSL_CERT_DIR=",
		},
		bare: command{args: []string{bare}, env: []string{execInfo}},
		helper: command{env: []string{execInfo}, args: []string{filepath.Join(installed, "kubectl-edge_credential"),
			"--project-id=" + sandbox.ProjectID, "--region=" + sandbox.Region, "--instance-id=" + sandbox.InstanceID,
			"--profile=default"}},

		kubectl:     command{args: append(version[:len(version):len(version)], context)},
		kubectlBare: command{args: append(version[:len(version):len(version)], bareContext)},
		instances: command{args: []string{filepath.Join(tree, "bin", "kubectl-edge"), "instance", "list"},
			env: roots},
		stackitInstances: command{args: []string{"stackit", "beta", "edge-cloud", "instance", "list", "--project-id",
			sandbox.ProjectID, "--region", sandbox.Region}, env: roots, chatty: true},
		stackitToken: command{chatty: true, args: []string{
			"stackit", "beta", "edge-cloud", "token", "create", "--id", sandbox.InstanceID, "--expiration", "15m",
			"--project-id", sandbox.ProjectID, "--region", sandbox.Region, "--output-format", "json",
		}},
	}
	if s.gke, err = warmGKE(installed, filepath.Join(home, "gke")); err != nil {
		return nil, err
	}
	if s.kubelogin, err = warmKubelogin(installed, filepath.Join(home, "kubelogin")); err != nil {
		return nil, err
	}
	folders, err := dirs.For("kubectl-edge")
	if err != nil {
		return nil, err
	}
	if s.store, err = tokencache.Open(folders, "", os.Getenv); err != nil {
		return nil, err
	}
	// Each program that is measured answers, with a token.
	for _, c := range []command{s.bare, s.helper, s.gke, s.kubelogin} {
		if _, err := measure(c); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// install copies programs into one folder, as an installation does, in place of those that are there. Where the pages
// of a file come to lie differs from one copy to the next, and with it the time that a program takes to start, by a
// tenth.
func install(dir string, programs ...string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, path := range programs {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		target := filepath.Join(dir, filepath.Base(path))
		if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.WriteFile(target, data, 0o700); err != nil {
			return err
		}
	}
	return nil
}

// buildBare builds the bare program with a token that the API server accepts as its constant.
func buildBare(tree, path string) error {
	token, err := output("kubectl", "edge", "token", "create", "--instance-id", sandbox.InstanceID, "--expiration",
		"1d")
	if err != nil {
		return err
	}
	answer := fmt.Sprintf(`{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",`+
		`"spec":{"interactive":false},"status":{"expirationTimestamp":"%s","token":"%s"}}`,
		time.Now().Add(time.Hour).UTC().Format(time.RFC3339), strings.TrimSpace(token))
	// Through a file: arguments can be read by every user of a machine.
	source := filepath.Join(filepath.Dir(path), "bare.src")
	if err := os.MkdirAll(source, 0o700); err != nil {
		return err
	}
	program, err := os.ReadFile(filepath.Join(tree, "hack", "bench", "bare", "main.go"))
	if err != nil {
		return err
	}
	data := strings.Replace(string(program), `"unset\n"`, "`"+answer+"\n`", 1)
	if err := os.WriteFile(filepath.Join(source, "main.go"), []byte(data), 0o600); err != nil {
		return err
	}
	_, err = output("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", path,
		filepath.Join(source, "main.go"))
	return err
}

// warmCertificate is the helper as a kubeconfig for an edge cluster calls it. It has minted a certificate, which the
// cluster's own controller signed.
func (s *stage) warmCertificate() (command, error) {
	kubeconfig := filepath.Join(os.Getenv("HOME"), "edge-cluster")
	if _, err := output("kubectl", "edge", "kubeconfig", "create", "--instance-id", sandbox.InstanceID, "--cluster",
		edgeCluster, "--bind", "--kubeconfig", kubeconfig); err != nil {
		return command{}, err
	}
	out, err := output("kubectl", "config", "view", "--kubeconfig", kubeconfig, "-o",
		"jsonpath={.users[0].user.exec.args}")
	if err != nil {
		return command{}, err
	}
	c := command{env: s.helper.env, args: s.helper.args[:1:1]}
	var args []string
	if err := json.Unmarshal([]byte(out), &args); err != nil {
		return c, fmt.Errorf("read the arguments of %s: %w", kubeconfig, err)
	}
	c.args = append(c.args, args...)
	answer, err := exec.Command(c.args[0], c.args[1:]...).Output()
	if err == nil && !strings.Contains(string(answer), `"clientCertificateData":"`) {
		err = errors.New("its answer has no certificate")
	}
	if err != nil {
		return c, fmt.Errorf("mint a certificate: %w", err)
	}
	return c, nil
}

// jwt is a token that never ends, as far as one sees without its issuer's keys, and is as long as ours.
func jwt() string {
	payload := fmt.Sprintf(`{"exp":%d,"iat":%d,"sub":"%s"}`, time.Now().Add(1000*time.Hour).Unix(), time.Now().Unix(),
		strings.Repeat("x", 200))
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(payload)) + "." + strings.Repeat("A", 342)
}

// warmGKE writes the cache that gke-gcloud-auth-plugin keeps beside the kubeconfig.
func warmGKE(programs, dir string) (command, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return command{}, err
	}
	kubeconfig, err := os.ReadFile(os.Getenv("KUBECONFIG"))
	if err != nil {
		return command{}, err
	}
	current, err := output("kubectl", "config", "current-context")
	if err != nil {
		return command{}, err
	}
	cache, err := json.Marshal(map[string]string{
		"current_context": strings.TrimSpace(current), "access_token": jwt(),
		"token_expiry": time.Now().Add(1000 * time.Hour).Format(time.RFC3339Nano),
	})
	if err != nil {
		return command{}, err
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "config"), kubeconfig, 0o600),
		os.WriteFile(filepath.Join(dir, "gke_gcloud_auth_plugin_cache"), cache, 0o600),
	)
	return command{
		args: []string{filepath.Join(programs, "gke-gcloud-auth-plugin")},
		env:  []string{"KUBECONFIG=" + filepath.Join(dir, "config"), execInfo},
	}, err
}

// warmKubelogin writes kubelogin's cache. What its file is called tells the lock of a call that fails, since nobody
// listens where its issuer should be.
func warmKubelogin(programs, dir string) (command, error) {
	c := command{env: []string{execInfo}, args: []string{
		filepath.Join(programs, "kubelogin"), "get-token", "--oidc-issuer-url=http://127.0.0.1:1",
		"--oidc-client-id=bench", "--token-cache-dir=" + dir,
	}}
	if _, err := output(c.args[0], c.args[1:]...); err == nil {
		return c, errors.New("kubelogin found an issuer where there is none")
	}
	locks, err := filepath.Glob(filepath.Join(dir, "*.lock"))
	if err != nil || len(locks) != 1 {
		return c, fmt.Errorf("find the lock of kubelogin: %v, %v", locks, err)
	}
	cache, err := json.Marshal(map[string]string{"id_token": jwt()})
	if err != nil {
		return c, err
	}
	return c, os.WriteFile(strings.TrimSuffix(locks[0], ".lock"), cache, 0o600)
}
