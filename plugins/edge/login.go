package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/webbrowser"
)

type loginOptions struct {
	*app
	ways    *login.Options
	timeout time.Duration
}

func newLoginCmd(a *app) *cobra.Command {
	o := &loginOptions{app: a}
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Log a profile in to STACKIT",
		Long: `Log a profile in to STACKIT.

Without flags it uses what it finds: a session of the STACKIT CLI if there is one, else your browser. A credential in
the environment needs no login, and is used first:
` + strings.Join(login.Held(), ", ") + `.

The credential is tried once before anything is stored. It is then kept sealed, under a key in the system's keyring
where there is one; kubectl edge status says where. A login replaces the profile's earlier one, and the tokens that
were minted under that are not used again.`,
		Example: `  # in your browser, or from the session of the STACKIT CLI
  kubectl edge login

` + strings.Join(login.Examples(), "\n\n"),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.ways.Check(); err != nil {
				return usageError{hint.Wrap(err, "kubectl edge login --help")}
			}
			return o.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	o.ways = login.NewOptions(flags)
	flags.DurationVar(&o.timeout, "timeout", 5*time.Minute, "how long to wait for a person to sign in")
	return cmd
}

func (o *loginOptions) run(ctx context.Context) error {
	s, err := o.scope()
	if err != nil {
		return err
	}
	account, err := o.account(s)
	if err != nil {
		return err
	}
	credential, err := o.credential(ctx, account)
	if err != nil || credential == nil {
		return err
	}
	before, err := account.Secrets.Location()
	if err != nil {
		return err
	}
	session, err := account.Login(ctx, credential)
	left, holds := errors.AsType[*login.LeftBehindError](err)
	if err != nil && !holds {
		if next := plugin.Elsewhere(err, o.dirs); next != "" && hint.Of(err) == "" {
			err = hint.Wrap(err, "%s; or have a credential in the environment, which needs no login: %s", next,
				strings.Join(login.Held(), ", "))
		}
		return err
	}
	var leftBehind error
	if holds {
		leftBehind = left
	}
	leftBehind = errors.Join(leftBehind, o.forgetTokens(s.Name))
	o.Note("Logged in as %s (profile %s).", session.Principal, s.Name)
	l, err := account.Secrets.Location()
	if err == nil && l.NewlyInFile(before) {
		o.Warn("%s; the key is in a file only you can read", l.Reason)
	}
	if leftBehind != nil {
		return hint.Wrap(fmt.Errorf("logged in, but secrets of the earlier login stay behind: %w", leftBehind),
			"see that what is named can be removed, then log in once more")
	}
	if c, err := o.current.get(); err == nil && (c.context == "" || cmp.Or(c.Profile, s.Name) != s.Name) {
		o.Note("Next: %s", s.Command("use"))
	}
	return nil
}

// credential returns what the flags name, or what can be found; nil if no login is needed.
func (o *loginOptions) credential(ctx context.Context, account *login.Account) (login.Credential, error) {
	interaction := o.interaction(plugin.Terminal(o.In))
	interaction.Timeout = o.timeout
	if chosen := o.ways.Credential(interaction); chosen != nil {
		return chosen, nil
	}
	environment, err := account.Environment()
	if err != nil {
		return nil, err
	}
	if environment != nil {
		token, err := environment.Token(ctx)
		if err != nil {
			return nil, err
		}
		o.Note("The environment holds a credential (%s) for %s, which works. It is used without a login.",
			environment.Method(), token.Principal)
		return nil, nil
	}
	credential, err := account.Detect(ctx, o.ways, interaction)
	if _, ok := errors.AsType[*login.RequiredError](err); ok {
		again := hint.Of(err) // names the profile
		return nil, hint.Wrap(err, "in a terminal: %s; for a machine: %s --service-account-key FILE", again, again)
	}
	return credential, err
}

// interaction is how a person may be asked, if that is allowed.
func (a *app) interaction(allowed bool) login.Interaction {
	return login.Interaction{Allowed: allowed, In: a.In, ErrOut: a.ErrOut, OpenBrowser: webbrowser.Open}
}

func newLogoutCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "logout",
		Short: "Forget a profile's login and the tokens minted with it",
		Long: `Forget a profile's login and the tokens minted with it.

What was held at the identity provider is revoked there if it offers that. Nobody can revoke the minted tokens
themselves: copies of them open their instance until they expire.`,
		Example: `  kubectl edge logout
  kubectl edge logout --profile ci`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.scope()
			if err != nil {
				return err
			}
			account, err := a.account(s)
			if err != nil {
				return err
			}
			logoutErr := account.Logout(cmd.Context())
			if err := errors.Join(logoutErr, a.forgetTokens(s.Name)); err != nil {
				return fmt.Errorf("log out: %w", err)
			}
			a.Note("Logged out (profile %s).", s.Name)
			return nil
		},
	}
}
