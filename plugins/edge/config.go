package edge

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/filelock"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/trust"
)

func newConfigCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Show and change the configuration of a profile"}
	cmd.AddCommand(newConfigGetCmd(a), newConfigSetCmd(a), newConfigTrustCmd(a), newConfigRotateKeyCmd(a))
	return cmd
}

// changeConfig changes the configuration while no other command does. It tries the change before, so that one that
// fails leaves nothing behind, the lock's file included.
func (a *app) changeConfig(ctx context.Context, change func(*profile.Config) error) error {
	config, err := profile.Load(a.dirs)
	if err != nil {
		return err
	}
	if err := change(config); err != nil {
		return err
	}
	if err := securefile.MakeOwn(a.dirs.Config); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	unlock, err := filelock.Lock(ctx, filepath.Join(a.dirs.Config, "config.lock"))
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	defer unlock()
	if config, err = profile.Load(a.dirs); err != nil {
		return err
	}
	if err := change(config); err != nil {
		return err
	}
	return config.Save(a.dirs)
}

// setting is one value of the configuration, by the name of its flag.
type setting struct {
	name, help string
	shared     bool // by all profiles, rather than one profile's
	value      func(*profile.Config, *profile.Profile) *string
	check      func(value string, config *profile.Config) error
}

// of is for settings of a profile.
func of(value func(*profile.Profile) *string) func(*profile.Config, *profile.Profile) *string {
	return func(_ *profile.Config, p *profile.Profile) *string { return value(p) }
}

func settings() []setting {
	endpoint := func(value string, config *profile.Config) error {
		if strings.ContainsAny(value, "?#") {
			return errors.New("endpoint: a URL with a query or a fragment is not accepted: paths are put behind it")
		}
		return trust.Check(value, config.TrustedHosts)
	}
	return []setting{
		{
			name: "project-id", help: "UUID of the STACKIT project",
			value: of(func(p *profile.Profile) *string { return &p.ProjectID }),
			check: func(v string, _ *profile.Config) error { return stackitid.ProjectID(v) },
		},
		{
			name: "region", help: "region of the instances",
			value: of(func(p *profile.Profile) *string { return &p.Region }),
			check: func(v string, _ *profile.Config) error { return stackitid.Region(v) },
		},
		{
			name: "expiration", help: "how long minted tokens are valid, such as 15m",
			value: of(func(p *profile.Profile) *string { return &p.Expiration }),
			check: func(v string, _ *profile.Config) error { return new(expiration.Flag).Set(v) },
		},
		{
			name: "login-method", help: "the only way to log in: " + strings.Join(login.Methods(), ", "),
			value: of(func(p *profile.Profile) *string { return &p.LoginMethod }),
			check: checkLoginMethod,
		},
		{
			name: "certificate-authority", help: "PEM file with authorities to trust besides the system's",
			value: of(func(p *profile.Profile) *string { return &p.CertificateAuthority }),
			check: checkAbsolute,
		},
		{
			name: "endpoints.edge", help: "base URL of the Edge Cloud API",
			value: of(func(p *profile.Profile) *string { return &p.Endpoints.Edge }),
			check: endpoint,
		},
		{
			name: "endpoints.resource-manager", help: "base URL of the resource manager",
			value: of(func(p *profile.Profile) *string { return &p.Endpoints.ResourceManager }),
			check: endpoint,
		},
		{
			name: "endpoints.identity-provider", help: "OpenID Connect issuer of STACKIT's users",
			value: of(func(p *profile.Profile) *string { return &p.Endpoints.IdentityProvider }),
			check: endpoint,
		},
		{
			name: "endpoints.service-account-token", help: "token URL of service account keys",
			value: of(func(p *profile.Profile) *string { return &p.Endpoints.ServiceAccountToken }),
			check: endpoint,
		},
		{
			name: "endpoints.service-enablement", help: "base URL of service enablement",
			value: of(func(p *profile.Profile) *string { return &p.Endpoints.ServiceEnablement }),
			check: endpoint,
		},
		{
			name: tokencache.Setting, help: tokencache.None +
				" keeps minted tokens off the disk, in all profiles and kubectl sts",
			shared: true,
			value:  func(c *profile.Config, _ *profile.Profile) *string { return &c.Cache },
			check:  func(v string, _ *profile.Config) error { return tokencache.CheckSetting(v) },
		},
	}
}

func checkAbsolute(path string, _ *profile.Config) error {
	if !filepath.IsAbs(path) {
		return fmt.Errorf("path %.200q is not absolute", path)
	}
	return nil
}

func checkLoginMethod(method string, _ *profile.Config) error {
	if !slices.Contains(login.Methods(), method) {
		return meant(fmt.Errorf("login method %.60q: want one of %s", method, strings.Join(login.Methods(), ", ")),
			method, login.Methods())
	}
	return nil
}

// meant adds to err, which is about a word that is not one of names, the one that somebody may have meant.
func meant(err error, word string, names []string) error {
	if like := hint.Nearest(word, names); like != "" {
		return hint.Wrap(err, "did you mean %s?", like)
	}
	return err
}

func settingNamed(name string) (setting, error) {
	var names []string
	for _, s := range settings() {
		if s.name == name {
			return s, nil
		}
		names = append(names, s.name)
	}
	return setting{}, usageError{meant(fmt.Errorf("no setting %.60q: there are %s", name, strings.Join(names, ", ")),
		name, names)}
}

func settingsHelp() string {
	var b strings.Builder
	for _, s := range settings() {
		fmt.Fprintf(&b, "  %-32s %s\n", s.name, s.help)
	}
	return b.String()
}

func newConfigGetCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "get [NAME]", SuggestFor: []string{"show", "list", "view"},
		Short: "Print a setting of the profile, or all that are set",
		Long:  "Print a setting of the profile, or all that are set.\n\nSettings:\n" + settingsHelp(),
		Example: `  kubectl edge config get
  kubectl edge config get project-id --profile work`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := a.scope()
			if err != nil {
				return err
			}
			if len(args) == 1 {
				wanted, err := settingNamed(args[0])
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(a.Out, *wanted.value(s.Config, &s.Settings))
				return err
			}
			for _, each := range settings() {
				if value := *each.value(s.Config, &s.Settings); value != "" {
					fmt.Fprintf(a.Out, "%s=%s\n", each.name, value)
				}
			}
			if len(s.Config.TrustedHosts) > 0 {
				fmt.Fprintf(a.Out, "trusted hosts (all profiles): %s\n", strings.Join(s.Config.TrustedHosts, ", "))
			}
			return nil
		},
	}
}

func newConfigSetCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "set NAME VALUE", SuggestFor: []string{"unset", "remove", "delete"},
		Short: "Change a setting; an empty value removes it",
		Long:  "Change a setting of the profile, or of all; an empty value removes it.\n\nSettings:\n" + settingsHelp(),
		Example: `  kubectl edge config set project-id 12345678-ffff-4bcd-8fff-123456789abc
  kubectl edge config set expiration 30m --profile work
  kubectl edge config set cache none`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			changed, err := settingNamed(args[0])
			if err != nil {
				return err
			}
			var name string
			err = a.changeConfig(cmd.Context(), func(config *profile.Config) error {
				if args[1] != "" {
					if err := changed.check(args[1], config); err != nil {
						return usageError{err}
					}
				}
				var p profile.Profile
				if name, p, err = config.Select(a.choice.Profile, a.Getenv); err != nil {
					return err
				}
				*changed.value(config, &p) = args[1]
				if !changed.shared {
					config.Put(name, p)
				}
				return nil
			})
			if err != nil {
				return err
			}
			switch {
			case changed.shared && args[1] == "":
				a.Note("Removed the setting %s, for all profiles.", changed.name)
			case changed.shared:
				a.Note("Set %s to %s for all profiles.", changed.name, args[1])
			default:
				a.Note("Set %s of profile %s.", changed.name, name)
			}
			if changed.name == tokencache.Setting && args[1] == tokencache.None {
				return a.cleanCache(func(tokencache.File) bool { return true }) // those on the disk are to go, too
			}
			return nil
		},
	}
}

func newConfigTrustCmd(a *app) *cobra.Command {
	var remove bool
	cmd := &cobra.Command{
		Use:   "trust HOST[:PORT]",
		Short: "Allow a host outside of stackit.cloud to be sent credentials",
		Long: `Allow a host outside of stackit.cloud to be sent credentials.

The people who run that host can then act as you at STACKIT. It is needed for test servers such as edge-sandbox, and
never for STACKIT itself.`,
		Example: `  kubectl edge config trust localhost:8443
  kubectl edge config trust --remove localhost:8443`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			host := strings.ToLower(args[0])
			if parsed, err := trust.ParseHost(host); err == nil {
				host = parsed.String()
			} else if !remove { // an earlier version took more
				return usageError{hint.Wrap(err, "kubectl edge config trust localhost:8443")}
			}
			err := a.changeConfig(cmd.Context(), func(config *profile.Config) error {
				without := slices.DeleteFunc(slices.Clone(config.TrustedHosts), func(h string) bool {
					return strings.EqualFold(h, host) || strings.EqualFold(h, args[0])
				})
				if !remove {
					config.TrustedHosts = append(without, host)
					return nil
				}
				if len(without) == len(config.TrustedHosts) {
					return fmt.Errorf("host %.80q is not trusted", host)
				}
				config.TrustedHosts = without
				return nil
			})
			if err != nil {
				return err
			}
			if remove {
				a.Note("No longer trusting %s.", host)
			} else {
				a.Note("Trusting %s with your credentials.", host)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&remove, "remove", false, "take the trust back")
	return cmd
}

func newConfigRotateKeyCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "rotate-key",
		Short: "Seal all stored secrets under a new key",
		Long: `Seal all stored secrets under a new key.

The new key goes to the system's keyring where there is one, so this also takes a key out of its file once there is a
keyring. It can be interrupted at any point.`,
		Example: `  kubectl edge config rotate-key`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			secrets := a.secrets()
			if err := secrets.RotateKey(); err != nil {
				return err
			}
			l, err := secrets.Location()
			if err != nil {
				return err
			}
			switch l.KeyIn {
			case secretstore.InKeyring:
				a.Note("Sealed all secrets under a new key, which is in the system's keyring.")
			case secretstore.InFile:
				a.Note("Sealed all secrets under a new key, which lies in the file %s, because there is no keyring: %s",
					l.Path, l.Reason)
			default:
				a.Note("There are no secrets to seal.")
			}
			return nil
		},
	}
}
