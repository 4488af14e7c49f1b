package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// clusters notes what it is asked for.
type clusters struct {
	names []string
	asked []string
}

func (c *clusters) note(what string, args ...any) error {
	c.asked = append(c.asked, strings.TrimSpace(fmt.Sprintln(append([]any{what}, args...)...)))
	return nil
}

func (c *clusters) List() (all []sandbox.EdgeCluster) {
	for _, name := range c.names {
		all = append(all, sandbox.EdgeCluster{Name: name})
	}
	return all
}
func (c *clusters) Add(_ context.Context, name string) error      { return c.note("add", name) }
func (c *clusters) Remove(_ context.Context, name string) error   { return c.note("remove", name) }
func (c *clusters) Start(_ context.Context, name string) error    { return c.note("start", name) }
func (c *clusters) Recreate(_ context.Context, name string) error { return c.note("recreate", name) }
func (c *clusters) Reset(context.Context) error                   { return c.note("reset") }

func (c *clusters) Set(_ context.Context, name string, s sandbox.EdgeClusterSettings) error {
	return c.note("set", name, s.Signer, s.Secret, time.Duration(s.SigningDuration))
}

func (c *clusters) RotateCA(_ context.Context, name string, keepOld bool) error {
	return c.note("rotate", name, keepOld)
}

func (c *clusters) LetReadSecrets(_ context.Context, may bool) error { return c.note("secrets", may) }

func (c *clusters) Audit(name string) ([]byte, error) {
	if name != "berlin" {
		return nil, errors.New("no edge cluster " + name)
	}
	return []byte("{}\n"), nil
}

// TestEdgeClusterOperations: requests come to the edge clusters of the instance that they name.
func TestEdgeClusterOperations(t *testing.T) {
	c := start(t)
	if status, _, body := c.do("POST", "/sandbox/clusters", "application/json", `{"name": "berlin"}`); status != 400 ||
		!strings.Contains(body, "the sandbox runs no API servers, and so no edge clusters") {
		t.Errorf("without API servers: %d %s", status, body)
	}
	if status, _, body := c.do("GET", "/sandbox/clusters", "", ""); status != 200 || strings.TrimSpace(body) != "[]" {
		t.Errorf("without API servers: %d %s", status, body)
	}
	shared, own := &clusters{names: []string{"berlin", "hamburg"}}, &clusters{names: []string{"berlin"}}
	c.s.AddInstance(sandbox.Instance{ID: "own-3714d85", DisplayName: "lathe", OwnServer: true})
	c.s.AddInstance(sandbox.Instance{ID: "late-3714d85", DisplayName: "late", OwnServer: true})
	c.s.AddInstance(sandbox.Instance{ID: "gate-3714d85", DisplayName: "gate"})
	c.s.HostClusters(sandbox.InstanceID, shared)
	c.s.HostClusters("own-3714d85", own)
	for _, r := range []struct {
		method, path, body string
		status             int
		want               string // what was asked of the shared ones, or of the others, or in the answer
	}{
		{"POST", "/sandbox/clusters", `{"name": "lisbon", "secret": "token"}`, 204, "add lisbon; set lisbon  token 0s"},
		{"PATCH", "/sandbox/clusters/berlin", `{"signer": "none", "signingDuration": "45s"}`, 204,
			"set berlin none  45s"},
		{"PATCH", "/sandbox/clusters/gate%2Fberlin", `{}`, 204, "set berlin   0s"},
		{"PATCH", "/sandbox/clusters/lathe%2Fberlin", `{}`, 204, "own: set berlin   0s"},
		{"PATCH", "/sandbox/clusters/own-3714d85%2Fberlin", `{}`, 204, "own: set berlin   0s"},
		{"POST", "/sandbox/clusters/berlin/start", "", 204, "start berlin"},
		{"POST", "/sandbox/clusters/berlin/recreate", "", 204, "recreate berlin"},
		{"POST", "/sandbox/clusters/berlin/ca", `{"keepOld": true}`, 204, "rotate berlin true"},
		{"PUT", "/sandbox/clusters/berlin/secrets", `{"readable": false}`, 204, "secrets false"},
		{"DELETE", "/sandbox/clusters/berlin", "", 204, "remove berlin"},
		{"GET", "/sandbox/clusters/berlin/audit", "", 200, "{}"},
		{"GET", "/sandbox/clusters/paris/audit", "", 400, "no edge cluster paris"},
		{"GET", "/sandbox/clusters", "", 200, `"own-3714d85"`},
		{"PATCH", "/sandbox/clusters/late%2Fberlin", `{}`, 400, "instance late-3714d85 has no API server that serves"},
		{"PATCH", "/sandbox/clusters/nowhere%2Fberlin", `{}`, 400, `no instance`},
		{"PATCH", "/sandbox/clusters/berlin", `{"signer": "late"}`, 400, `signs, none, other-ca`},
		{"PATCH", "/sandbox/clusters/berlin", `{"signers": "none"}`, 400, `unknown field`},
		{"POST", "/sandbox/clusters", `{"name": "porto", "front": "side"}`, 400, `direct, proxy`},
		{"PATCH", "/sandbox/clusters/berlin", `{"signingDuration": "-1s"}`, 400, "want a positive one"},
	} {
		shared.asked, own.asked = nil, nil
		status, _, body := c.do(r.method, r.path, "application/json", r.body)
		got := strings.Join(shared.asked, "; ") + body
		if len(own.asked) > 0 {
			got = "own: " + strings.Join(own.asked, "; ")
		}
		if status != r.status || status == 204 && got != r.want || !strings.Contains(got, r.want) {
			t.Errorf("%s %s %s: %d %q, want %d %q", r.method, r.path, r.body, status, got, r.status, r.want)
		}
	}
	if all := c.s.ListEdgeClusters(); len(all) != 3 || all[0].Instance != sandbox.InstanceID ||
		all[2].Instance != "own-3714d85" {
		t.Errorf("edge clusters: %+v", all)
	}
	if err := c.s.ResetEdgeClusters(t.Context()); err != nil || shared.asked[len(shared.asked)-1] != "reset" ||
		own.asked[0] != "reset" {
		t.Errorf("reset: %q, %q (%v)", shared.asked, own.asked, err)
	}
	c.s.HostClusters("own-3714d85", nil)
	if all := c.s.ListEdgeClusters(); len(all) != 2 {
		t.Errorf("after the API server ended: %+v", all)
	}
}
