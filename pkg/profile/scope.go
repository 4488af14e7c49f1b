package profile

import (
	"cmp"
	"fmt"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
)

const (
	// DefaultRegion is the region when nobody names one, as in the STACKIT CLI.
	DefaultRegion = "eu01"
	// DefaultExpiration is the lifetime of minted tokens when nobody names one.
	DefaultExpiration = 15 * time.Minute
)

// Choice is what flags, or the arguments in a kubeconfig, name; what is "" is left to the configuration.
type Choice struct {
	Profile   string
	ProjectID string
	Region    string
}

// Check reports whether what c names has the form of such names.
func (c Choice) Check() error {
	for _, field := range []struct {
		value string
		check func(string) error
	}{
		{c.ProjectID, stackitid.ProjectID}, {c.Region, stackitid.Region}, {c.Profile, CheckName},
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

// Scope is where a command works: a profile, and a project and a region, which are the profile's unless they were
// chosen.
type Scope struct {
	Config    *Config
	Name      string  // of the profile
	Settings  Profile // the profile
	ProjectID string  // may be "", see NeedProject
	Region    string

	files *Files
}

// Command is how a person calls a command for the profile of s, see Config.Command.
func (s Scope) Command(command string) string { return s.Config.Command(s.Name, command) }

// Scope returns where a command works that was called with choice. The profile is the one that the files were opened
// for.
func (f *Files) Scope(choice Choice) (Scope, error) {
	config, err := f.Config()
	if err != nil {
		return Scope{}, err
	}
	p, err := config.profile(f.name)
	if err != nil {
		return Scope{}, err
	}
	s := Scope{Config: config, Name: f.name, Settings: p, files: f}
	s.ProjectID = cmp.Or(choice.ProjectID, p.ProjectID)
	s.Region = cmp.Or(choice.Region, p.Region, DefaultRegion)
	return s, Choice{Profile: s.Name, ProjectID: s.ProjectID, Region: s.Region}.Check()
}

// Session is the profile's session as it was read together with the configuration; the error is fs.ErrNotExist when
// nobody is logged in.
func (s Scope) Session() (Session, error) { return s.files.Session() }

// NeedProject is the error for a scope without a project.
func (s Scope) NeedProject() error {
	if s.ProjectID != "" {
		return nil
	}
	return hint.Wrap(fmt.Errorf("no project: --project-id is missing, and profile %q has none", s.Name),
		"%s, then %s", s.Command("project list"), s.Command("config set project-id UUID"))
}

// Expiration is the lifetime of minted tokens for which no other one is asked.
func (s Scope) Expiration() (time.Duration, error) {
	if s.Settings.Expiration == "" {
		return DefaultExpiration, nil
	}
	var life expiration.Flag
	if err := life.Set(s.Settings.Expiration); err != nil {
		return 0, fmt.Errorf("expiration of profile %s: %w", s.Name, err)
	}
	return time.Duration(life), nil
}
