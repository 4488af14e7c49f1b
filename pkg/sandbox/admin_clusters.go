package sandbox

import (
	"context"
	"net/http"
)

// adminNewCluster is an edge cluster to be added: "NAME", or "INSTANCE/NAME" for an instance with an API server of its
// own.
type adminNewCluster struct {
	Name string `json:"name"`
	EdgeClusterSettings
}

func (s *Sandbox) adminAddCluster(r *http.Request) (any, error) {
	var b adminNewCluster
	if err := readBody(r, &b); err != nil {
		return nil, err
	}
	if err := b.Check(); err != nil {
		return nil, err
	}
	clusters, name, err := s.EdgeClusters(b.Name)
	if err != nil {
		return nil, err
	}
	if err := clusters.Add(r.Context(), name); err != nil {
		return nil, err
	}
	return nil, clusters.Set(r.Context(), name, b.EdgeClusterSettings)
}

func (s *Sandbox) adminSetCluster(r *http.Request) (any, error) {
	var b EdgeClusterSettings
	if err := readBody(r, &b); err != nil {
		return nil, err
	}
	if err := b.Check(); err != nil {
		return nil, err
	}
	return s.ofCluster(func(ctx context.Context, c EdgeClusters, name string) error { return c.Set(ctx, name, b) })(r)
}

// adminCA says how a certificate authority is replaced.
type adminCA struct {
	KeepOld bool `json:"keepOld"`
}

func (s *Sandbox) adminRotateCA(r *http.Request) (any, error) {
	var b adminCA
	if err := readBody(r, &b); err != nil {
		return nil, err
	}
	return s.ofCluster(func(ctx context.Context, c EdgeClusters, name string) error {
		return c.RotateCA(ctx, name, b.KeepOld)
	})(r)
}

// adminSecrets says who may read secrets.
type adminSecrets struct {
	Readable bool `json:"readable"`
}

// adminLetReadSecrets is for all users of the API server that has the cluster's objects: RBAC knows no exceptions.
func (s *Sandbox) adminLetReadSecrets(r *http.Request) (any, error) {
	var b adminSecrets
	if err := readBody(r, &b); err != nil {
		return nil, err
	}
	return s.ofCluster(func(ctx context.Context, c EdgeClusters, _ string) error {
		return c.LetReadSecrets(ctx, b.Readable)
	})(r)
}

// ofCluster is a call for the edge cluster that a path names.
func (s *Sandbox) ofCluster(
	do func(ctx context.Context, clusters EdgeClusters, name string) error,
) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		clusters, name, err := s.EdgeClusters(r.PathValue("name"))
		if err != nil {
			return nil, err
		}
		return nil, do(r.Context(), clusters, name)
	}
}

func (s *Sandbox) writeAudit(w http.ResponseWriter, r *http.Request) {
	clusters, name, err := s.EdgeClusters(r.PathValue("name"))
	var log []byte
	if err == nil {
		log, err = clusters.Audit(name)
	}
	if err != nil {
		writeJSON(w, http.StatusBadRequest, codeError(http.StatusBadRequest, err.Error()))
		return
	}
	w.Header().Set("Content-Type", "application/jsonl")
	_, _ = w.Write(log) // the client went away
}

func removeCluster(ctx context.Context, c EdgeClusters, name string) error {
	return c.Remove(ctx, name)
}

func startCluster(ctx context.Context, c EdgeClusters, name string) error { return c.Start(ctx, name) }

func recreateCluster(ctx context.Context, c EdgeClusters, name string) error {
	return c.Recreate(ctx, name)
}
