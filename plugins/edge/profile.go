package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
)

func newProfileCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "profile", Aliases: []string{"profiles"},
		Short: "Keep several logins and projects side by side"}
	cmd.AddCommand(newProfileListCmd(a), newProfileUseCmd(a), newProfileCreateCmd(a), newProfileDeleteCmd(a))
	return cmd
}

// namedProfile is a profile as profile list shows it.
type namedProfile struct {
	Name    string `json:"profile"`
	Current bool   `json:"current"`
	profile.Profile
	Principal string `json:"principal,omitempty"`
	login     string // the command that logs somebody in
}

func (a *app) profiles() ([]namedProfile, error) {
	config, err := profile.Load(a.dirs)
	if err != nil {
		return nil, err
	}
	current, _, err := config.Select("", a.Getenv)
	if err != nil {
		current = config.CurrentProfile // one that is gone is no reason not to list the others
	}
	names := slices.Collect(maps.Keys(config.Profiles))
	if !slices.Contains(names, profile.DefaultName) {
		names = append(names, profile.DefaultName)
	}
	slices.Sort(names)
	var profiles []namedProfile
	for _, name := range names {
		session, err := profile.LoadSession(a.dirs, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		profiles = append(profiles, namedProfile{
			name, name == current, config.Profiles[name], session.Principal, config.Command(name, "login")})
	}
	return profiles, nil
}

func newProfileListCmd(a *app) *cobra.Command {
	var out output.Flags
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the profiles",
		Example: `  kubectl edge profile list`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := out.Validate(cmd.Context()); err != nil {
				return usageError{err}
			}
			profiles, err := a.profiles()
			if err != nil {
				return err
			}
			return output.List(a.Out, out, profileKind(), profiles)
		},
	}
	out.AddFlags(cmd.Flags())
	return cmd
}

func profileKind() output.Kind[namedProfile] {
	return output.Kind[namedProfile]{
		Name: "Profile",
		ID:   func(p namedProfile) string { return p.Name },
		Columns: []output.Column[namedProfile]{
			{Name: "CURRENT", Value: func(p namedProfile) string { return mark(p.Current) }},
			{Name: "NAME", Value: func(p namedProfile) string { return p.Name }},
			{Name: "REGION", Value: func(p namedProfile) string { return p.Region }},
			{Name: "LOGGED IN AS", Value: func(p namedProfile) string { return p.Principal }},
			{Name: "PROJECT ID", Wide: true, Value: func(p namedProfile) string { return p.ProjectID }},
		},
	}
}

func newProfileUseCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "use [NAME]",
		Short: "Make a profile the current one: choose it from a list, or name it",
		Example: `  kubectl edge profile use work
  kubectl edge profile use`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := a.profileNamed(cmd.Context(), args, func(namedProfile) string { return "" })
			if err != nil {
				return err
			}
			if err := profile.CheckName(name); err != nil {
				return usageError{err}
			}
			err = a.changeConfig(cmd.Context(), func(config *profile.Config) (err error) {
				config.CurrentProfile, _, err = config.Select(name, a.Getenv)
				return err
			})
			if err != nil {
				return err
			}
			a.Note("The current profile is %s.", name)
			other := a.Getenv(profile.NameVariable)
			if w, err := a.workplace(); err == nil && other == "" && w.Name != name && w.context != "" {
				a.Note("warning: the current context is of profile %s, and commands work with that. Next: %s", w.Name,
					w.Config.Command(name, "use"))
			} else if other != "" && other != name {
				a.Note("warning: $%s is set, so %s is used in this shell", profile.NameVariable, other)
			}
			return nil
		},
	}
}

func newProfileCreateCmd(a *app) *cobra.Command {
	var empty bool
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Add a profile; --project-id and --region are kept in it",
		Long: `Add a profile, with the project and the region that are given.

Endpoints, the certificate authority and, unless there is --region, the region are those of the current profile, or of
--profile: what a sandbox or a company has set there holds for the new one, too. With --empty it has nothing of it.`,
		Example: `  kubectl edge profile create work --project-id 12345678-ffff-4bcd-8fff-123456789abc --region eu01
  kubectl edge profile create home --empty`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.createProfile(cmd.Context(), args[0], empty)
		},
	}
	cmd.Flags().BoolVar(&empty, "empty", false, "take nothing over from the current profile")
	return cmd
}

func (a *app) createProfile(ctx context.Context, name string, empty bool) error {
	if err := profile.CheckName(name); err != nil {
		return usageError{err}
	}
	var from, login string
	var taken []string
	err := a.changeConfig(ctx, func(config *profile.Config) error {
		if _, ok := config.Profiles[name]; ok {
			return hint.Wrap(fmt.Errorf("profile %q exists already", name), "kubectl edge profile use %s", name)
		}
		p := profile.Profile{ProjectID: a.choice.ProjectID, Region: a.choice.Region}
		// One made beside a profile of a sandbox, or of STACKIT by a detour, belongs there as well: its first
		// login would otherwise take credentials of the one to the other.
		current, old, err := config.Select(a.choice.Profile, a.Getenv)
		if err != nil && a.choice.Profile != "" {
			return err
		}
		if err == nil && !empty {
			from, taken = current, inherit(&p, old)
		}
		for _, s := range settings() {
			if value := *s.value(config, &p); value != "" && !s.shared {
				if err := s.check(value, config); err != nil {
					return usageError{err}
				}
			}
		}
		config.Put(name, p)
		login = config.Command(name, "login")
		return nil
	})
	if err != nil {
		return err
	}
	if len(taken) > 0 {
		a.Note("Taken over from profile %s: %s. --empty leaves that out.", from, hint.All(taken...))
	}
	a.Note("Created profile %s. Log in with: %s", name, login)
	return nil
}

// inherit fills the gaps of a new profile from another one, and says with what.
func inherit(p *profile.Profile, from profile.Profile) (taken []string) {
	if from.Endpoints != (profile.Endpoints{}) {
		p.Endpoints, taken = from.Endpoints, append(taken, "endpoints")
	}
	if from.CertificateAuthority != "" {
		p.CertificateAuthority, taken = from.CertificateAuthority, append(taken, "certificate authority")
	}
	if p.Region == "" && from.Region != "" {
		p.Region, taken = from.Region, append(taken, "region")
	}
	return taken
}

func newProfileDeleteCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "delete [NAME]",
		Short:   "Remove a profile, its login and its cached tokens: choose it from a list, or name it",
		Example: `  kubectl edge profile delete work`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := a.profileNamed(cmd.Context(), args, func(p namedProfile) string {
				if p.Current {
					return "the current one"
				}
				return ""
			})
			if err != nil {
				return err
			}
			s, err := a.scopeOf(profile.Choice{Profile: name})
			if err != nil {
				return err
			}
			if s.Name == cmp.Or(s.Config.CurrentProfile, profile.DefaultName) {
				return isCurrent(s)
			}
			account, err := a.account(s)
			if err != nil {
				return err
			}
			if err := account.Logout(cmd.Context()); err != nil {
				return err
			}
			if err := a.forgetTokens(s.Name); err != nil {
				return err
			}
			err = a.changeConfig(cmd.Context(), func(config *profile.Config) error {
				delete(config.Profiles, s.Name)
				return nil
			})
			if err != nil {
				return err
			}
			a.Note("Deleted profile %s. Kubeconfigs that name it no longer work.", s.Name)
			return nil
		},
	}
}

// isCurrent is the error for the current profile, which is not deleted, with those that can become it.
func isCurrent(s profile.Scope) error {
	err := fmt.Errorf("profile %q is the current one", s.Name)
	var others []string
	for name := range s.Config.Profiles {
		if name != s.Name {
			others = append(others, name)
		}
	}
	if len(others) == 0 && s.Name == profile.DefaultName {
		return hint.Wrap(err, "it is the only one; to empty it: kubectl edge logout, kubectl edge config set NAME \"\"")
	}
	if len(others) == 0 {
		others = []string{profile.DefaultName} // which need not be written down
	}
	slices.Sort(others)
	return hint.Wrap(err, "kubectl edge profile use %s", hint.Either(others...))
}
