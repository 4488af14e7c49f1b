package login

import (
	"context"
	"errors"
	"io/fs"

	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
)

// Open returns the source of the profile: the environment's credential if it holds one, else the session's. It asks the
// network nothing.
func (s *Sessions) Open(ctx context.Context) (Source, error) {
	if err := s.Profile.Endpoints.Check(s.Trusted); err != nil {
		return nil, err
	}
	session, err := profile.LoadSession(s.Dirs, s.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, s.required("nobody is logged in")
	}
	if err != nil {
		return nil, err
	}
	return &sessionSource{sessions: s, session: session}, nil
}
