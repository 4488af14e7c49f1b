package edge

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/filelock"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
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
			if err := secrets.RotateKey(); errors.Is(err, secretstore.ErrLost) {
				return hint.Wrap(err, "see whose secrets are lost, and log these profiles in or out: "+
					"kubectl edge status --check")
			} else if err != nil {
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
				a.Note("Sealed all secrets under a new key, which is in a file only you can read, %s: %s.", l.Path,
					l.Reason)
			default:
				a.Note("There are no secrets to seal.")
			}
			return nil
		},
	}
}
