package main

import (
	"context"
	"crypto/rand"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/stackstate"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/stackstate/tokenreview"
)

const stackStatePath = "/stackstate"

// stackState is the StackState of a sandbox.
type stackState struct {
	token  string // API token of its administrator
	review atomic.Pointer[func(context.Context, string) (stackstate.User, error)]
}

// mountStackState adds a StackState to a sandbox that does not serve yet. Its service tokens are kept in dir, or in
// memory only if that is "".
func mountStackState(s *sandbox.Sandbox, dir string) (*stackState, error) {
	st := &stackState{token: rand.Text()}
	h, err := stackstate.New(stackstate.Options{
		APITokens:   map[string]stackstate.User{st.token: {Name: "admin", Roles: []string{stackstate.RoleAdmin}}},
		TokenReview: st.tokenReview,
		Dir:         dir,
		Now:         s.Now,
	})
	if err != nil {
		return nil, err
	}
	s.Mount(stackStatePath+"/", http.StripPrefix(stackStatePath, h), stackstate.Presets())
	return st, nil
}

// tokenReview refuses Kubernetes tokens until there is a cluster to ask.
func (st *stackState) tokenReview(ctx context.Context, token string) (stackstate.User, error) {
	if review := st.review.Load(); review != nil {
		return (*review)(ctx, token)
	}
	return stackstate.User{}, stackstate.ErrTokenRefused
}

// trust lets a cluster answer for Kubernetes tokens.
func (st *stackState) trust(c *cluster.Cluster) error {
	client, err := kubernetes.NewForConfig(c.Admin())
	if err != nil {
		return err
	}
	review := tokenreview.New(client)
	st.review.Store(&review)
	return nil
}

// describe tells the commands in the sandbox where StackState is, and where its administrator's API token lies.
func (st *stackState) describe(e *environment, dir, url string) error {
	file := filepath.Join(dir, "stackstate-api-token")
	e.set["EDGE_SANDBOX_STACKSTATE_URL"] = url + stackStatePath
	e.set["EDGE_SANDBOX_STACKSTATE_API_TOKEN_FILE"] = file
	return os.WriteFile(file, []byte(st.token+"\n"), 0o600)
}
