package server

import (
	"context"
	"sync"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/edgeclusters"
)

// instanceServer is an instance's API server with its edge clusters, which use its etcd.
type instanceServer struct {
	*cluster.Cluster
	sandbox *sandbox.Sandbox
	id      string

	mu   sync.Mutex
	edge *edgeclusters.Set
}

func (f *fleet) startServer(ctx context.Context, id string, port int) (*instanceServer, error) {
	c, err := cluster.Start(ctx, f.options(id, port))
	if err != nil {
		return nil, err
	}
	return &instanceServer{Cluster: c, sandbox: f.sandbox, id: id}, nil
}

// openEdge gives an API server its edge clusters.
func (i *instanceServer) openEdge(ctx context.Context, f *fleet) error {
	set, err := edgeclusters.Open(ctx, edgeclusters.Options{
		Servers: f.base.Servers, Cluster: i.Cluster, Listen: f.base.Listen, Host: f.base.Host,
		Port: func() (int, error) { return f.ports.next("") },
	}, f.edgeClusters)
	if err != nil {
		return err
	}
	i.mu.Lock()
	i.edge = set
	i.mu.Unlock()
	i.sandbox.HostClusters(i.id, set)
	return nil
}

// Stop ends the edge clusters, and then what they use.
func (i *instanceServer) Stop() error {
	i.sandbox.HostClusters(i.id, nil)
	i.mu.Lock()
	edge := i.edge
	i.mu.Unlock()
	if edge != nil {
		edge.Stop()
	}
	return i.Cluster.Stop()
}
