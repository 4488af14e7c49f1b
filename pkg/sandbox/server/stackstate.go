package server

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/stackstate"
)

const stackStatePath = "/stackstate"

// reviewer says who a Kubernetes token belongs to.
type reviewer func(context.Context, string) (stackstate.User, error)

// stackState is the StackState of a sandbox.
type stackState struct {
	token  string // API token of its administrator
	review atomic.Pointer[reviewer]
}

// mountStackState adds a StackState to a sandbox that does not serve yet. Its service tokens are kept in dir, or in
// memory only if that is "". The API token is its administrator's.
func mountStackState(s *sandbox.Sandbox, dir, apiToken string) (*stackState, error) {
	st := &stackState{token: apiToken}
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

// ask lets a reviewer answer for Kubernetes tokens.
func (st *stackState) ask(review reviewer) { st.review.Store(&review) }

// StackStateURL returns the base of StackState's API, and the API token of its administrator.
func (s *Server) StackStateURL() (url, apiToken string) {
	return s.Sandbox.URL() + stackStatePath, s.stackState.token
}
