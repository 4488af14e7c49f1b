package login

import (
	"errors"
	"fmt"
	"io/fs"

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
	if token := a.Env.Trimmed(envcredential.AccessToken); token != "" && a.wants(MethodAccessToken) {
		return &staticGrant{method: MethodAccessToken, origin: envcredential.AccessToken.String(), token: token}, nil
	}
	if a.wants(MethodWorkloadIdentity) {
		if g, err := a.workloadGrant(); g != nil || err != nil {
			return g, err
		}
	}
	file, err := a.Env.NamedFile()
	if err != nil {
		return nil, err
	}
	return a.credentialsGrant(file, "the environment")
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
	return a.credentialsGrant(file, file.Path)
}

// credentialsGrant prefers a key to a token, and for each the variables to the file.
func (a *Account) credentialsGrant(file envcredential.File, origin string) (grant, error) {
	if a.wants(MethodServiceAccountKey) {
		if g, err := a.environmentKey(file, origin); g != nil || err != nil {
			return g, err
		}
	}
	token, from := a.Env.Token(file)
	if token == "" || !a.wants(MethodServiceAccountToken) {
		return nil, nil
	}
	return &staticGrant{method: MethodServiceAccountToken, token: token, origin: from, file: from == file.Path}, nil
}

func (a *Account) environmentKey(file envcredential.File, origin string) (grant, error) {
	key, from, err := a.Env.Key(file)
	if err != nil {
		return nil, fmt.Errorf("service account key of %s: %w", origin, err)
	}
	if len(key) == 0 {
		return nil, nil
	}
	private, err := a.Env.PrivateKey(file)
	if err != nil {
		return nil, fmt.Errorf("private key of %s: %w", origin, err)
	}
	parsed, err := parseKey(key, private, a.Now())
	if err != nil {
		return nil, fmt.Errorf("service account key in %s: %w", from, err)
	}
	return &keyGrant{Key: parsed, TokenURL: a.keyTokenURL(parsed)}, nil
}
