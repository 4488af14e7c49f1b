package edge

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
	"github.com/kubectl-edge/kubectl-edge/pkg/transport"
	"github.com/kubectl-edge/kubectl-edge/pkg/trust"
)

// app is what all commands share: the process, the global flags and, made when they are needed, the clients.
type app struct {
	Process
	dirs        dirs.Dirs
	profileFlag string
	projectFlag string
	regionFlag  string
	verbose     bool
}

// scope is the profile that a command works with.
type scope struct {
	config  *profile.Config
	name    string
	profile profile.Profile
	project string // may be ""; see requireProject
	region  string
}

func (a *app) scope() (scope, error) {
	config, err := profile.Load(a.dirs)
	if err != nil {
		return scope{}, err
	}
	name, p, err := config.Select(a.profileFlag, a.Getenv)
	if err != nil {
		return scope{}, err
	}
	s := scope{config: config, name: name, profile: p}
	s.project = cmp.Or(a.projectFlag, p.ProjectID)
	s.region = cmp.Or(a.regionFlag, p.Region, tokenrequest.DefaultRegion)
	if s.project != "" {
		if err := stackitid.ProjectID(s.project); err != nil {
			return scope{}, badFlag(a.projectFlag, err)
		}
	}
	if err := stackitid.Region(s.region); err != nil {
		return scope{}, badFlag(a.regionFlag, err)
	}
	return s, nil
}

// badFlag makes err a usage error if the bad value is the flag's, rather than the profile's.
func badFlag(flag string, err error) error {
	if flag == "" {
		return err
	}
	return usageError{err}
}

// projectScope is scope for commands that need a project.
func (a *app) projectScope() (scope, error) {
	s, err := a.scope()
	if err == nil && s.project == "" {
		err = hint.Wrap(fmt.Errorf("no project: --project-id is missing, and profile %q has none", s.name),
			"kubectl edge project list, then kubectl edge config set project-id UUID")
	}
	return s, err
}

func (a *app) secrets() *secretstore.Store {
	return secretstore.Open(secretstore.Options{Dir: filepath.Join(a.dirs.State, "secrets"), Service: "kubectl-edge"})
}

// sessions logs the scope's profile in and out. Only endpoints that the user trusts get this far.
func (a *app) sessions(s scope) (*login.Sessions, error) {
	if err := trust.CheckEndpoints(s.profile.Endpoints, s.config.TrustedHosts); err != nil {
		return nil, err
	}
	client, err := transport.NewClient(transport.Options{
		CAFile: s.profile.CertificateAuthority, UserAgent: "kubectl-edge/" + a.Version,
	})
	if err != nil {
		return nil, err
	}
	if a.verbose {
		transport.Log(client, a.ErrOut, a.Now)
	}
	return &login.Sessions{
		Dirs: a.dirs, Name: s.name, Profile: s.profile, Trusted: s.config.TrustedHosts,
		Secrets: a.secrets(), HTTP: client, Getenv: a.Getenv, Now: a.Now,
	}, nil
}

// projectClient is the scope and the client of a command that is about a project.
func (a *app) projectClient(ctx context.Context) (scope, *stackit.Client, error) {
	s, err := a.projectScope()
	if err != nil {
		return s, nil, err
	}
	client, err := a.client(ctx, s)
	return s, client, err
}

// client talks to STACKIT as whoever the scope's profile is logged in as.
func (a *app) client(ctx context.Context, s scope) (*stackit.Client, error) {
	client, _, err := a.clientAndSource(ctx, s)
	return client, err
}

func (a *app) clientAndSource(ctx context.Context, s scope) (*stackit.Client, login.Source, error) {
	sessions, err := a.sessions(s)
	if err != nil {
		return nil, nil, err
	}
	source, err := sessions.Open(ctx)
	if err != nil {
		return nil, nil, err
	}
	endpoints := s.profile.Endpoints.WithDefaults()
	return stackit.New(sessions.HTTP,
		stackit.Endpoints{Edge: endpoints.Edge, ResourceManager: endpoints.ResourceManager},
		func(ctx context.Context) (string, error) {
			token, err := source.Token(ctx)
			return token.Token, err
		}), source, nil
}

// terminal reports whether stream is one.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// note tells a person something that is not the result.
func (a *app) note(format string, args ...any) {
	fmt.Fprintln(a.ErrOut, hint.PrintableLines(fmt.Sprintf(format, args...)))
}

// noteAbove is note in place of the line that a meter has on a terminal, which draws itself anew below.
func (a *app) noteAbove(format string, args ...any) {
	line := hint.PrintableLines(fmt.Sprintf(format, args...))
	if terminal(a.ErrOut) {
		line = clearLine + line
	}
	fmt.Fprintln(a.ErrOut, line) // in one write, since others draw meanwhile
}
