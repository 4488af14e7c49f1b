package edge

import (
	"context"
	"errors"
	"sync"

	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/picker"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
)

// personsCloud is cloud for a command that a person started: at a terminal they log in where it takes that, and it goes
// on.
func (a *app) personsCloud(ctx context.Context, s profile.Scope) (edgeCloud, error) {
	cloud, err := a.cloud(ctx, s)
	if a.foreign || !picker.Possible(a.Process) {
		return cloud, err
	}
	logIn := func(ctx context.Context, required *login.RequiredError, err error) (login.Source, error) {
		return a.logInFor(ctx, s, required, err)
	}
	if required, ok := errors.AsType[*login.RequiredError](err); ok {
		if err := a.loginAgain(ctx, s, required, err); err != nil {
			return edgeCloud{}, err
		}
		if s, err = a.renewedScope(s); err == nil {
			cloud, err = a.cloud(ctx, s)
		}
	}
	if err != nil {
		return edgeCloud{}, err
	}
	return a.cloudOn(s, cloud.account, &resumed{source: cloud.source, logIn: logIn}), nil
}

// logInFor has a person log in for a command, and returns what that gives. It returns err, which asks for the login,
// where that takes more than a person.
func (a *app) logInFor(ctx context.Context, s profile.Scope, because *login.RequiredError,
	err error) (login.Source, error) {
	if err := a.loginAgain(ctx, s, because, err); err != nil {
		return nil, err
	}
	s, err = a.renewedScope(s)
	if err != nil {
		return nil, err
	}
	account, err := a.account(s)
	if err != nil {
		return nil, err
	}
	return account.Open(ctx)
}

// renewedScope is a scope with the session that there is now.
func (a *app) renewedScope(s profile.Scope) (profile.Scope, error) {
	return a.scopeOf(profile.Choice{Profile: s.Name, ProjectID: s.ProjectID, Region: s.Region})
}

// resumed is a source whose person logs in where a request needs that, once for any number of requests.
type resumed struct {
	logIn func(ctx context.Context, required *login.RequiredError, err error) (login.Source, error)

	mu     sync.Mutex
	source login.Source
	failed error // of the login
}

func (r *resumed) now() login.Source {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source
}

// Method is one of login.Methods.
func (r *resumed) Method() string { return r.now().Method() }

// Token is that of login.Source.
func (r *resumed) Token(ctx context.Context) (login.AccessToken, error) {
	source := r.now()
	token, err := source.Token(ctx)
	return r.orLogIn(ctx, source, token, err)
}

// Renew is that of login.Source.
func (r *resumed) Renew(ctx context.Context, refused string) (login.AccessToken, error) {
	source := r.now()
	token, err := source.Renew(ctx, refused)
	return r.orLogIn(ctx, source, token, err)
}

// orLogIn returns the token that a source gave, or after a login another one.
func (r *resumed) orLogIn(ctx context.Context, source login.Source, token login.AccessToken,
	err error) (login.AccessToken, error) {
	required, ok := errors.AsType[*login.RequiredError](err)
	if !ok {
		return token, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed != nil {
		return token, r.failed
	}
	if r.source == source { // for no other request meanwhile
		if r.source, r.failed = r.logIn(ctx, required, err); r.failed != nil {
			r.source = source
			return token, r.failed
		}
	}
	return r.source.Token(ctx)
}
