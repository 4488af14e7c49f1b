//go:build system

package edgeclusters_test

import (
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/talosaccess"
)

// TestTalos: what the secret with the talosconfig holds, and what the machine API that it leads to answers.
func TestTalos(t *testing.T) {
	r := clustertest.Start(t)
	b := &bench{r, t}
	read := func() (*talosaccess.Config, error) {
		secret, err := b.client(b.Cluster.Admin()).CoreV1().Secrets("default").Get(t.Context(), name+"-talosconfig",
			metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		return talosaccess.Parse(secret.Data["talosconfig"], time.Now())
	}
	issue := func(c *talosaccess.Config) error {
		issued, err := c.Issue(t.Context(), talosaccess.Request{
			Roles: []string{"os:reader"}, TTL: 10 * time.Minute, UserAgent: "test", Now: time.Now,
		})
		if err == nil && time.Until(issued.NotAfter()) > 10*time.Minute {
			err = errors.New("it lives longer than asked for")
		}
		return err
	}
	first, err := read()
	if err != nil {
		t.Fatal(err)
	}
	if err := issue(first); err != nil {
		t.Errorf("the machine API: %v", err)
	}
	b.set(sandbox.EdgeClusterSettings{MachineAPI: "ignore-ttl"})
	var life *talosaccess.LifeError
	if err := issue(first); !errors.As(err, &life) {
		t.Errorf("a node that ignores the time to live: %v", err)
	}
	b.set(sandbox.EdgeClusterSettings{MachineAPI: sandbox.MachineBehaves})
	if err := issue(first); err != nil {
		t.Errorf("the machine API again: %v", err)
	}
	for _, kind := range sandbox.EdgeClusterWords()["talosconfig"][1:] {
		b.set(sandbox.EdgeClusterSettings{Talosconfig: kind})
		if _, err := read(); err == nil {
			t.Errorf("%s: it can be used", kind)
		}
	}
	b.reset()
	if _, err := read(); err != nil {
		t.Errorf("after a reset: %v", err)
	}
	if err := b.EdgeClusters.Recreate(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if err := issue(first); err == nil {
		t.Error("one made again takes the administrator of before")
	}
	second, err := read()
	if err != nil {
		t.Fatal(err)
	}
	if err := issue(second); err != nil {
		t.Errorf("the machine API of one made again: %v", err)
	}
}
