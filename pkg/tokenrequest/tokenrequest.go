// Package tokenrequest is the request for an Edge instance's token as a kubeconfig carries it: the helper's arguments. It
// keeps the helper's diet.
package tokenrequest

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"time"

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

// Key names the token that answers r as it stands, before the profile fills any gaps: a change of the request, the
// configuration, the session or the credentials in the environment makes it another one. So logging out, or in as someone
// else, leaves no token behind that could be used.
func (r Request) Key(d dirs.Dirs, getenv func(string) string) (tokencache.Key, error) {
	name := cmp.Or(r.Profile, getenv(profile.NameVariable))
	if name == "" { // kubeconfigs of kubectl edge name it
		config, err := profile.Load(d)
		if err != nil {
			return tokencache.Key{}, err
		}
		if name, _, err = config.Select("", getenv); err != nil {
			return tokencache.Key{}, err
		}
	}
	if err := profile.CheckName(name); err != nil {
		return tokencache.Key{}, err
	}
	fingerprint, err := profile.Fingerprint(d, name)
	if err != nil {
		return tokencache.Key{}, err
	}
	parts := append(r.Args(), name, string(fingerprint[:]))
	return tokencache.KeyOf("edge", append(parts, profile.EnvironmentIdentity(getenv)...)...), nil
}

// Target is a request with everything that is needed to answer it.
type Target struct {
	Request
	Key       tokencache.Key
	Principal string // "" when nobody is logged in
	Config    *profile.Config
	Settings  profile.Profile // the request's profile
	Store     tokencache.Store
}

// Resolve completes r from the user's configuration below d and the environment, and checks it.
func (r Request) Resolve(d dirs.Dirs, getenv func(string) string) (Target, error) {
	key, err := r.Key(d, getenv)
	if err != nil {
		return Target{}, err
	}
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
	if err := r.complete(); err != nil {
		return Target{}, err
	}
	session, err := profile.LoadSession(d, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Target{}, hint.Wrap(err, "kubectl edge login --profile %s", name)
	}
	t := Target{Request: r, Key: key, Principal: session.Principal, Config: config, Settings: p}
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

// complete reports whether r can be sent.
func (r Request) complete() error {
	switch {
	case r.ProjectID == "":
		return hint.Wrap(errors.New("no project: --project-id is missing, and profile "+r.Profile+" has none"),
			"kubectl edge project list, then kubectl edge config set project-id UUID")
	case r.InstanceID == "":
		return hint.Wrap(errors.New("no instance: --instance-id is missing"), "kubectl edge instance list")
	}
	return r.Check()
}

// Check reports whether what r names has the form of such names.
func (r Request) Check() error {
	for _, field := range []struct {
		value string
		check func(string) error
	}{
		{r.ProjectID, stackitid.ProjectID}, {r.Region, stackitid.Region},
		{r.InstanceID, stackitid.InstanceID}, {r.Profile, profile.CheckName},
	} {
		if field.value == "" {
			continue
		}
		if err := field.check(field.value); err != nil {
			return err
		}
	}
	return nil
}

// Labels describe the token that answers t.
func (t Target) Labels() tokencache.Labels {
	return tokencache.Labels{
		Instance: t.InstanceID, Project: t.ProjectID, Region: t.Region, Profile: t.Profile, Principal: t.Principal,
	}
}
