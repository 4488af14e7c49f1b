// Package tokenrequest is the request for an Edge instance's token as a kubeconfig carries it: the helper's arguments. It
// keeps the helper's diet.
package tokenrequest

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// DefaultExpiration is the lifetime of tokens when neither the request nor the profile names one.
const DefaultExpiration = 15 * time.Minute

// DefaultRegion is the region when neither the request nor the profile names one, as in the STACKIT CLI.
const DefaultRegion = "eu01"

// Request is what a kubeconfig asks for. A kubeconfig is untrusted input, so that is no more than names; where they are
// sent is the user's configuration's business.
type Request struct {
	ProjectID  string
	Region     string
	InstanceID string
	Profile    string
	Expiration time.Duration // 0: the profile's
}

// AddFlags makes fs parse into r.
func (r *Request) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&r.ProjectID, "project-id", r.ProjectID, "UUID of the STACKIT project")
	fs.StringVar(&r.Region, "region", r.Region, "region of the instance (default: the profile's, else "+DefaultRegion+")")
	fs.StringVar(&r.InstanceID, "instance-id", r.InstanceID, "id of the Edge Cloud instance, such as demo-3714d85")
	fs.StringVar(&r.Profile, "profile", r.Profile, "profile of kubectl edge to use")
	fs.Var((*expiration.Flag)(&r.Expiration), "expiration", "how long a minted token is valid, such as 15m, 2h or 1d (default: the profile's, else 15m)")
}

// Args returns the arguments that parse into r, each safe to show to a shell.
func (r Request) Args() []string {
	args := []string{"--project-id=" + r.ProjectID, "--region=" + r.Region, "--instance-id=" + r.InstanceID}
	if r.Profile != "" {
		args = append(args, "--profile="+r.Profile)
	}
	if r.Expiration != 0 {
		args = append(args, "--expiration="+expiration.String(r.Expiration))
	}
	return args
}

// Target is a request with everything else that decides which token answers it.
type Target struct {
	Request
	Endpoint    string           // base URL of the Edge API
	Session     profile.Session  // zero when nobody is logged in
	Environment []string         // see profile.EnvironmentIdentity
	Config      *profile.Config  `json:"-"`
	Settings    profile.Profile  `json:"-"` // the request's profile
	Store       tokencache.Store `json:"-"`
}

// Resolve completes r from the user's configuration below d and the environment, and checks it.
func (r Request) Resolve(d dirs.Dirs, getenv func(string) string) (Target, error) {
	config, err := profile.Load(d)
	if err != nil {
		return Target{}, err
	}
	name, p, err := config.Select(r.Profile, getenv)
	if err != nil {
		return Target{}, err
	}
	r.Profile = name
	r.ProjectID = cmp.Or(r.ProjectID, p.ProjectID)
	r.Region = cmp.Or(r.Region, p.Region, DefaultRegion)
	if r.Expiration == 0 {
		if r.Expiration, err = profileExpiration(name, p); err != nil {
			return Target{}, err
		}
	}
	if err := r.check(); err != nil {
		return Target{}, err
	}
	endpoint := p.Endpoints.WithDefaults().Edge
	if err := profile.CheckEndpoint(endpoint, config.TrustedHosts); err != nil {
		return Target{}, err
	}
	session, err := profile.LoadSession(d, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Target{}, hint.Wrap(err, "kubectl edge login --profile %s", name)
	}
	t := Target{
		Request: r, Endpoint: endpoint, Session: session, Environment: profile.EnvironmentIdentity(getenv),
		Config: config, Settings: p,
	}
	if config.Cache != tokencache.None && getenv(tokencache.Variable) != tokencache.None {
		t.Store = tokencache.Open(d)
	}
	return t, nil
}

func profileExpiration(name string, p profile.Profile) (time.Duration, error) {
	if p.Expiration == "" {
		return DefaultExpiration, nil
	}
	var life expiration.Flag
	if err := life.Set(p.Expiration); err != nil {
		return 0, fmt.Errorf("expiration of profile %s: %w", name, err)
	}
	return time.Duration(life), nil
}

func (r Request) check() error {
	switch {
	case r.ProjectID == "":
		return hint.Wrap(errors.New("no project: --project-id is missing, and profile "+r.Profile+" has none"),
			"kubectl edge project list, then kubectl edge config set project-id UUID")
	case r.InstanceID == "":
		return hint.Wrap(errors.New("no instance: --instance-id is missing"), "kubectl edge instance list")
	}
	if err := stackitid.ProjectID(r.ProjectID); err != nil {
		return err
	}
	if err := stackitid.Region(r.Region); err != nil {
		return err
	}
	return stackitid.InstanceID(r.InstanceID)
}

// Key names the token that answers t. Logging out, or in as someone else, changes it.
func (t Target) Key() tokencache.Key {
	return tokencache.KeyOf("edge", t)
}

// Labels describe the token that answers t.
func (t Target) Labels() tokencache.Labels {
	return tokencache.Labels{
		Instance: t.InstanceID, Project: t.ProjectID, Region: t.Region, Profile: t.Profile, Principal: t.Session.Principal,
	}
}

// Parse reads the arguments of a kubeconfig's exec section.
func Parse(args []string) (Request, error) {
	var r Request
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.Usage = func() {}
	r.AddFlags(flags)
	return r, flags.Parse(args)
}
