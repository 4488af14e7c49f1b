package login

import (
	"context"
	"errors"
	"io/fs"
	"sync"

	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/trust"
)

// Open returns the source of the profile: the environment's credential if it names one, else the session's, else that
// of the SDK's credentials file at its default place. A login method in the profile leaves out the environment's
// credentials of other kinds. It asks the network nothing.
func (a *Account) Open(context.Context) (Source, error) {
	if err := trust.CheckEndpoints(a.Profile.Endpoints, a.Trusted); err != nil {
		return nil, err
	}
	source, err := a.Environment()
	if source != nil || err != nil {
		return source, err
	}
	session, err := a.session()
	if err == nil {
		return &sessionSource{account: a, session: session}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	g, err := a.defaultFileGrant()
	if err != nil {
		return nil, err
	}
	if g != nil {
		return a.unsealed(g)
	}
	if m, ok := findMethod(a.Profile.LoginMethod); ok && m.grant == nil {
		return nil, a.required(profile.Session{},
			"it logs in by "+m.name+", and the environment has nothing of that kind")
	}
	return nil, a.required(profile.Session{}, a.nobody())
}

func (a *Account) session() (profile.Session, error) {
	if a.Session == nil {
		return profile.LoadSession(a.Dirs, a.Name)
	}
	return a.Session()
}

// grantSource gives access tokens of a credential that is not ours to keep. They are kept in memory alone.
type grantSource struct {
	account *Account

	mu      sync.Mutex
	grant   grant
	token   AccessToken
	renewed bool // after a refusal
}

func (src *grantSource) Method() string { return src.grant.Method() }

func (src *grantSource) Token(ctx context.Context) (AccessToken, error) {
	src.mu.Lock()
	defer src.mu.Unlock()
	if src.token.goodAt(src.account.Now()) {
		return src.token, nil
	}
	token, err := src.grant.renew(ctx, src.account)
	if err != nil {
		return AccessToken{}, err
	}
	src.token = token
	return token, nil
}

func (src *grantSource) Renew(ctx context.Context, refused string) (AccessToken, error) {
	src.mu.Lock()
	defer src.mu.Unlock()
	if src.token.Token != refused && src.token.goodAt(src.account.Now()) {
		return src.token, nil // another request of this process was first
	}
	src.token = AccessToken{}
	if src.renewed {
		return AccessToken{}, src.grant.refused(src.account)
	}
	src.renewed = true
	token, err := src.grant.renew(ctx, src.account)
	if err != nil {
		return AccessToken{}, err
	}
	if token.Token == refused {
		return AccessToken{}, src.grant.refused(src.account)
	}
	src.token = token
	return token, nil
}
