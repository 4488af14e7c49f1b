package edge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/edgetoken"
	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
	"github.com/kubectl-edge/kubectl-edge/pkg/transport"
	"github.com/kubectl-edge/kubectl-edge/pkg/trust"
)

// app is what all commands share: the process, and what the global flags choose.
type app struct {
	Process
	dirs    dirs.Dirs
	choice  profile.Choice // the global flags; no command changes it
	verbose bool
	foreign bool // the folders may be chosen by the author of a kubeconfig
	alone   bool // nobody is asked to log in, also at a terminal: the command goes on without its person
	current *currentContext
	bundle  *transport.Bundle

	saidForeign bool
}

// scope is where the global flags have a command work that is about a profile rather than an instance.
func (a *app) scope() (profile.Scope, error) {
	if err := a.checkPlace(); err != nil {
		return profile.Scope{}, err
	}
	return a.scopeOf(a.choice)
}

// checkPlace checks the flags that name a project and a region. A profile is looked for by its name.
func (a *app) checkPlace() error {
	if err := (profile.Choice{ProjectID: a.choice.ProjectID, Region: a.choice.Region}).Check(); err != nil {
		return usageError{err}
	}
	return nil
}

// scopeOf is where the choice has a command work.
func (a *app) scopeOf(choice profile.Choice) (profile.Scope, error) {
	files, err := profile.Open(a.dirs, choice.Profile, a.Getenv)
	if err != nil {
		return profile.Scope{}, err
	}
	return files.Scope(choice)
}

// projectScope is currentScope for commands that need a project.
func (a *app) projectScope() (profile.Scope, error) {
	s, err := a.currentScope()
	if err != nil {
		return s, err
	}
	return s, a.needProject(s)
}

// needProject is the error for a scope without a project, or where nobody is logged in either, for that, which comes
// first.
func (a *app) needProject(s profile.Scope) error {
	err := s.NeedProject()
	if err == nil {
		return nil
	}
	if account, failed := a.account(s); failed == nil {
		if _, missing := account.Open(a.current.ends()); errors.As(missing, new(*login.RequiredError)) {
			return missing
		}
	}
	return err
}

func (a *app) secrets() *secretstore.Store {
	return secretstore.Open(secretstore.Options{Dir: filepath.Join(a.dirs.State, "secrets"), Service: "kubectl-edge"})
}

// account is that of the scope's profile. Only endpoints that the user trusts get this far.
func (a *app) account(s profile.Scope) (*login.Account, error) {
	if err := trust.CheckEndpoints(s.Settings.Endpoints, s.Config.TrustedHosts); err != nil {
		return nil, err
	}
	var authorities []byte // read once: what a session is sealed to is what is trusted
	if path := s.Settings.CertificateAuthority; path != "" {
		var err error
		if authorities, err = os.ReadFile(path); err != nil {
			return nil, fmt.Errorf("read CA certificates: %w", err)
		}
	}
	client, err := transport.NewClient(transport.Options{
		Bundle: a.bundle, CAData: authorities, UserAgent: a.userAgent(),
	})
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", err, s.Settings.CertificateAuthority)
	}
	transport.Attend(client, a.Slow)
	if a.verbose {
		transport.Log(client, a.ErrOut, a.Now)
	}
	return &login.Account{
		Dirs: a.dirs, Name: s.Name, Profile: s.Settings, Command: s.Command, Trusted: s.Config.TrustedHosts,
		Session: s.Session,
		Secrets: a.secrets(), HTTP: client, Env: envcredential.Of(a.Getenv), Now: a.Now,
		Say:         a.Note,
		Wait:        a.Slow,
		Warn:        func(err error) { a.Warn("%v", err) },
		Authorities: authorities, Foreign: a.foreign, Pinned: func() []string { return trust.Pinned(programName) },
	}, nil
}

// edgeCloud is STACKIT for one scope: where a command works, and as whom.
type edgeCloud struct {
	profile.Scope
	*stackit.Client
	source login.Source
}

// cloud talks to STACKIT as the identity that the scope's profile is logged in as.
func (a *app) cloud(ctx context.Context, s profile.Scope) (edgeCloud, error) {
	a.bundle.ReadAhead()
	account, source, err := a.open(ctx, s)
	if err != nil {
		return edgeCloud{}, err
	}
	return a.cloudOn(s, account, source), nil
}

// open opens what gives the tokens of the scope's profile.
func (a *app) open(ctx context.Context, s profile.Scope) (*login.Account, login.Source, error) {
	account, err := a.account(s)
	if err != nil {
		return nil, nil, err
	}
	source, err := account.Open(ctx)
	return account, source, err
}

// cloudOn is the cloud of a source.
func (a *app) cloudOn(s profile.Scope, account *login.Account, source login.Source) edgeCloud {
	endpoints := s.Settings.Endpoints.WithDefaults()
	client := stackit.New(account.HTTP, stackit.Endpoints{
		Edge: endpoints.Edge, ResourceManager: endpoints.ResourceManager,
		ServiceEnablement: s.Settings.Endpoints.ServiceEnablementURL(),
	}, tokens{source})
	return edgeCloud{Scope: s, Client: client, source: source}
}

// principal is whom STACKIT takes the command for.
func (c edgeCloud) principal(ctx context.Context) (string, error) {
	token, err := c.source.Token(ctx)
	return token.Principal, err
}

// minter mints tokens by the client.
func (a *app) minter(client *stackit.Client) edgetoken.Minter {
	return edgetoken.Minter{Client: client, Now: a.Now}
}

// tokens are those of a source, without what is known of them.
type tokens struct{ source login.Source }

func (t tokens) Token(ctx context.Context) (string, error) {
	token, err := t.source.Token(ctx)
	return token.Token, err
}

func (t tokens) Renew(ctx context.Context, refused string) (string, error) {
	token, err := t.source.Renew(ctx, refused)
	return token.Token, err
}
