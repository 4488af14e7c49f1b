//go:build system

package server_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/server"
)

// running is a server with its cluster.
type running struct {
	*server.Server
	t *testing.T
}

// begin starts a server, and its cluster below a folder.
func begin(t *testing.T, o server.Options, dir string, configure ...func(*sandbox.Settings)) *running {
	t.Helper()
	srv, err := server.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() }) // again where the test has
	for _, change := range configure {
		srv.Sandbox.Configure(change)
	}
	if err := srv.StartCluster(t.Context(), clustertest.Servers(t), dir); err != nil {
		t.Fatal(err)
	}
	return &running{srv, t}
}

func (r *running) state(id string) sandbox.InstanceState {
	r.t.Helper()
	state, ok := r.Sandbox.InstanceState(id)
	if !ok {
		r.t.Fatalf("no instance %s", id)
	}
	return state
}

// get asks an instance's API with a token, and returns the status and the body.
func (r *running) get(id, path, token string) (int, string) {
	r.t.Helper()
	return r.do(r.t.Context(), http.MethodGet, id, path, token, "", nil)
}

func (r *running) do(ctx context.Context, method, id, path, token, body string, header http.Header) (int, string) {
	r.t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(r.Sandbox.CA())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, method, r.state(id).Server+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return res.StatusCode, string(answer)
}

func (r *running) token(id string) string {
	r.t.Helper()
	token, err := r.Sandbox.IssueInstanceToken(id, time.Hour)
	if err != nil {
		r.t.Fatal(err)
	}
	return token
}

const (
	hosts      = "/apis/edge.stackit.cloud/v1alpha1/edgehosts"
	configMaps = "/api/v1/namespaces/default/configmaps"
	whoami     = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
)

// TestInstances: instances that share an API server, and those that have one of their own, refuse each other's tokens.
func TestInstances(t *testing.T) {
	r := begin(t, server.Options{}, filepath.Join(t.TempDir(), "clusters"))
	r.AddInstances(3)
	r.Sandbox.AddInstance(sandbox.Instance{ID: "own-3714d85", DisplayName: "lathe", OwnServer: true})
	if got := r.state("own-3714d85").Status; got != sandbox.StatusReconciling {
		t.Errorf("an instance whose API server starts is %s", got)
	}
	if err := r.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	ids := []string{sandbox.InstanceID, "site01-3714d85", "site02-3714d85", "own-3714d85", sandbox.ReconcilingID}
	seen := map[string]string{}
	for _, at := range ids {
		if other := seen[r.state(at).Server]; other != "" {
			t.Errorf("%s and %s have one address", at, other)
		}
		seen[r.state(at).Server] = at
	}
	for _, opaque := range []bool{false, true} {
		r.Sandbox.Configure(func(s *sandbox.Settings) { s.OpaqueInstanceTokens = opaque })
		for _, at := range ids {
			for _, of := range ids {
				want := http.StatusUnauthorized
				if at == of {
					want = http.StatusOK
				}
				if got, body := r.get(at, hosts, r.token(of)); got != want {
					t.Errorf("token of %s at %s, opaque %v: status %d, want %d: %s", of, at, opaque, got, want, body)
				}
			}
		}
	}
	r.Sandbox.Configure(func(s *sandbox.Settings) { s.OpaqueInstanceTokens = false })

	// A shared API server has the same objects, one of an instance's own does not.
	const object = `{"metadata":{"name":"kept"}}`
	if got, body := r.do(t.Context(), http.MethodPost, "site01-3714d85", configMaps, r.token("site01-3714d85"), object,
		nil); got != http.StatusCreated {
		t.Fatalf("create: status %d: %s", got, body)
	}
	for id, want := range map[string]int{"site02-3714d85": 200, sandbox.InstanceID: 200, "own-3714d85": 404} {
		if got, _ := r.get(id, configMaps+"/kept", r.token(id)); got != want {
			t.Errorf("%s: status %d, want %d", id, got, want)
		}
	}

	// Nobody can say who they are but by a token.
	forged := http.Header{"X-Remote-User": {"root"}, "X-Remote-Group": {"system:masters"}}
	_, body := r.do(t.Context(), http.MethodPost, "site01-3714d85", whoami, r.token("site01-3714d85"),
		`{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1"}`, forged)
	if !strings.Contains(body, sandbox.InstanceUser) || strings.Contains(body, "root") ||
		strings.Contains(body, "masters") {
		t.Errorf("whoami: %s", body)
	}
	if got, _ := r.do(t.Context(), http.MethodGet, "site01-3714d85", hosts, "", "", forged); got != 401 {
		t.Errorf("without a token: status %d", got)
	}
	for name, token := range map[string]string{"expired": expired(t, r, "site01-3714d85"), "no token": "x"} {
		if got, _ := r.get("site01-3714d85", hosts, token); got != 401 {
			t.Errorf("%s: status %d", name, got)
		}
	}
}

func expired(t *testing.T, r *running, id string) string {
	t.Helper()
	token, err := r.Sandbox.IssueInstanceToken(id, -time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestRestart: a data folder keeps what was given out, and what the API servers hold, also when the sandbox was killed.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	first := begin(t, server.Options{DataDir: dir, Seed: "s", EdgeClusters: 2}, server.ClusterDir(dir))
	first.AddInstances(2)
	first.Sandbox.AddInstance(sandbox.Instance{ID: "own-3714d85", DisplayName: "lathe", OwnServer: true})
	if err := first.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	ids := []string{sandbox.InstanceID, "site01-3714d85", "own-3714d85"}
	tokens, servers := map[string]string{}, map[string]string{}
	for _, id := range ids {
		tokens[id], servers[id] = first.token(id), first.state(id).Server
		if got, body := first.do(t.Context(), http.MethodPost, id, configMaps, tokens[id],
			`{"metadata":{"name":"of-`+id+`"}}`, nil); got != http.StatusCreated {
			t.Fatalf("%s: status %d: %s", id, got, body)
		}
	}
	if got, body := first.do(t.Context(), http.MethodDelete, sandbox.InstanceID, "/apis/edge.stackit.cloud/v1alpha1/"+
		"namespaces/default/edgeimages/warehouse", tokens[sandbox.InstanceID], "", nil); got != 200 {
		t.Fatalf("delete a sample: status %d: %s", got, body)
	}
	own, name, err := first.Sandbox.EdgeClusters("lathe/berlin")
	if err == nil {
		err = own.Set(t.Context(), name, sandbox.EdgeClusterSettings{Signer: sandbox.SignerNone})
	}
	if err != nil {
		t.Fatal(err)
	}
	edge := first.Sandbox.ListEdgeClusters()
	key, ca := string(first.Sandbox.ServiceAccountKey()), string(first.Sandbox.CA())
	if err := first.Sandbox.Save(); err != nil { // requests do so themselves
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := begin(t, server.Options{DataDir: dir, EdgeClusters: 1}, server.ClusterDir(dir))
	if second.Sandbox.URL() != first.Sandbox.URL() || second.PlainURL() != first.PlainURL() {
		t.Errorf("the sandbox moved from %s to %s", first.Sandbox.URL(), second.Sandbox.URL())
	}
	if string(second.Sandbox.CA()) != ca || string(second.Sandbox.ServiceAccountKey()) != key {
		t.Error("the sandbox has other keys")
	}
	for _, id := range ids {
		if got := second.state(id); got.Server != servers[id] || got.Status != sandbox.StatusActive {
			t.Errorf("%s is %s at %s, and was at %s", id, got.Status, got.Server, servers[id])
		}
		if got, body := second.get(id, configMaps+"/of-"+id, tokens[id]); got != 200 {
			t.Errorf("%s: status %d: %s", id, got, body)
		}
	}
	if err := second.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := second.Sandbox.ListEdgeClusters(); len(edge) != 4 || !reflect.DeepEqual(got, edge) {
		t.Errorf("edge clusters are %+v, and were %+v", got, edge)
	}
	if got, _ := second.get(sandbox.InstanceID, "/apis/edge.stackit.cloud/v1alpha1/namespaces/default/edgeimages/"+
		"warehouse", tokens[sandbox.InstanceID]); got != 404 {
		t.Errorf("a sample that was deleted is back: status %d", got)
	}
}
