package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
)

// Libraries have debug switches in the environment, which a kubeconfig can set. None of them shows a secret, with a
// server that speaks HTTP/2.
func TestDebugSwitchesShowNoSecret(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s, err := sandbox.New(sandbox.Options{URL: "https://localhost:" + port})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	protocols, secrets := map[int]int{}, map[string]bool{}
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		protocols[r.ProtoMajor]++
		if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
			secrets[token] = true
		}
		mu.Unlock()
		s.ServeHTTP(w, r)
	})
	server.EnableHTTP2 = true
	server.TLS = s.TLSConfig()
	server.StartTLS()
	t.Cleanup(server.Close)
	server.URL = s.URL()
	p := &person{t: t, sandbox: s, client: sandboxtest.Client(t, s)}
	p.setUp(server)
	p.logIn("--service-account-key", "admin.json")

	keys := filepath.Join(t.TempDir(), "keys")
	for _, debug := range []string{"http2debug=1", "http2debug=2",
		"http2debug=2,netdns=9,tlsrsakex=1,execerrdot=0,gctrace=0", "http2client=0"} {
		t.Run(debug, func(t *testing.T) {
			env := []string{"GODEBUG=" + debug, "SSLKEYLOGFILE=" + keys, "HTTP2_DEBUG=2", "DEBUG=1"}
			for _, command := range [][]string{
				{"kubectl-edge", "token", "create", "--name", "demo", "--project-id", sandbox.ProjectID},
				append(asKubectl(), "kubectl-edge_credential", "--project-id="+sandbox.ProjectID, "--region=eu01",
					"--instance-id="+sandbox.InstanceID),
				{"kubectl-edge", "instance", "list", "--project-id", sandbox.ProjectID, "-v"},
			} {
				code, stdout, stderr := p.exec(env, command...)
				if code != 0 {
					t.Fatalf("%v: exit code %d:\n%s", command, code, stderr)
				}
				if token := strings.TrimSpace(stdout); slices.Contains(command, "create") &&
					(token == "" || strings.Contains(stderr, token)) {
					t.Errorf("%v: the token is on stderr, or not on stdout:\n%s", command, stderr)
				}
				mu.Lock()
				for secret := range secrets {
					if strings.Contains(stdout+stderr, secret) {
						t.Errorf("%v shows the access token:\n%s", command, stderr)
					}
				}
				mu.Unlock()
				if strings.Contains(strings.ToLower(stderr), "authorization") || strings.Contains(stderr, "http2:") {
					t.Errorf("%v shows what passes through:\n%s", command, stderr)
				}
			}
		})
	}
	if protocols[2] == 0 {
		t.Error("nobody spoke HTTP/2")
	}
	if len(secrets) == 0 {
		t.Error("no access token was sent")
	}
	if _, err := os.Stat(keys); err == nil {
		t.Error("the keys of TLS were written")
	}
}
