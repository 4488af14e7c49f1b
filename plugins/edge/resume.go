package edge

import (
	"cmp"
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
	if !a.attended() {
		return a.cloud(ctx, s)
	}
	a.bundle.ReadAhead()
	account, source, err := a.open(ctx, s)
	if required, ok := errors.AsType[*login.RequiredError](err); ok {
		if err := a.loginAgain(ctx, s, required, err); err != nil {
			return edgeCloud{}, err
		}
		if s, err = a.renewedScope(s); err == nil {
			account, source, err = a.open(ctx, s)
		}
	}
	if err != nil {
		return edgeCloud{}, err
	}
	return a.cloudOn(s, account, &resumed{
		source: source,
		logIn: func(ctx context.Context, required *login.RequiredError, err error) error {
			return a.loginAgain(ctx, s, required, err)
		},
		open: func(ctx context.Context) (login.Source, error) {
			s, err := a.renewedScope(s)
			if err != nil {
				return nil, err
			}
			_, source, err := a.open(ctx, s)
			return source, err
		},
	}), nil
}

// attended reports whether there is a person who can be asked to log in.
func (a *app) attended() bool { return !a.alone && !a.foreign && picker.Possible(a.Process) }

// renewedScope is a scope with the session that there is now.
func (a *app) renewedScope(s profile.Scope) (profile.Scope, error) {
	return a.scopeOf(profile.Choice{Profile: s.Name, ProjectID: s.ProjectID, Region: s.Region})
}

// resumed is a source whose person logs in where a request needs that, once for any number of requests.
type resumed struct {
	logIn func(ctx context.Context, required *login.RequiredError, err error) error
	open  func(context.Context) (login.Source, error) // with the session that there is now

	mu     sync.Mutex
	source login.Source
	failed error // of the login, which is not tried twice
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
	if r.source != source { // another request had the person log in meanwhile
		return r.source.Token(ctx)
	}
	failed := r.failed
	if failed == nil {
		r.failed = r.logIn(ctx, required, err)
	}
	opened, err := r.open(ctx)
	if err == nil {
		token, err = opened.Token(ctx)
	}
	if err != nil { // nor has anybody logged in elsewhere
		return token, cmp.Or(failed, r.failed, err)
	}
	r.source, r.failed = opened, nil
	return token, nil
}
