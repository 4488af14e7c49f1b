package login

import (
	"context"
	"errors"

	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
)

// Credential is what a profile logs in with.
type Credential interface {
	Method() string
}

// KeyFile is a service account key, and its private key where the key file has none.
type KeyFile struct {
	Path           string
	PrivateKeyPath string // a PEM file; wins over the key file's own
}

func (KeyFile) Method() string { return MethodServiceAccountKey }

// Login proves the credential with one exchange, then seals it and replaces the profile's session, all or nothing.
func (s *Sessions) Login(ctx context.Context, c Credential) (profile.Session, error) {
	return profile.Session{}, errors.ErrUnsupported
}

// Open returns the source of the profile: the environment's credential if it holds one, else the session's. It asks the
// network nothing.
func (s *Sessions) Open(ctx context.Context) (Source, error) { return nil, errors.ErrUnsupported }

// Logout ends the profile's session and forgets its secrets. It is no error when there is none.
func (s *Sessions) Logout(ctx context.Context) error { return errors.ErrUnsupported }
