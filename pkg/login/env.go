package login

import (
	"errors"
	"io/fs"
	"sync"

	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
)

// The names of the variables, their order and what wins over what are those of the STACKIT SDK (core/auth), with
// STACKIT_ACCESS_TOKEN of the STACKIT CLI in front. One difference: the SDK also looks into a default credentials file
// that nobody named. We do that only when nobody is logged in, since a login is the more explicit.

// Environment returns the source of the credential that the environment names, or nil. A login method in the profile
// leaves out those of other kinds.
func (a *Account) Environment() (Source, error) {
	g, err := a.environmentGrant()
	if g == nil || err != nil {
		return nil, err
	}
	return a.unsealed(g)
}

func (a *Account) environmentGrant() (grant, error) {
	return a.heldGrant(surroundings{sync.OnceValues(a.Env.NamedFile), "the environment"})
}

// heldGrant is the first grant of what is held there.
func (a *Account) heldGrant(in surroundings) (grant, error) {
	for _, m := range methods() {
		if m.environment == nil || !a.wants(m.name) {
			continue
		}
		if g, err := m.environment(a, in); g != nil || err != nil {
			return g, err
		}
	}
	return nil, nil
}

// wants reports whether the profile may log in by this method.
func (a *Account) wants(method string) bool {
	return a.Profile.LoginMethod == "" || a.Profile.LoginMethod == method
}

// defaultFileGrant returns the grant of the credentials file at its default place, or nil.
func (a *Account) defaultFileGrant() (grant, error) {
	file, err := a.Env.DefaultFile()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return a.heldGrant(surroundings{func() (envcredential.File, error) { return file, nil }, file.Path})
}
