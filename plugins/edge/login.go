package edge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore"
)

type loginOptions struct {
	*app
	key           login.KeyFile
	browser       bool
	noBrowser     bool
	port          int
	timeout       time.Duration
	device        bool
	stackitCLI    bool
	stackitConfig string // profile of the STACKIT CLI
}

func newLoginCmd(a *app) *cobra.Command {
	o := &loginOptions{app: a}
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Log a profile in to STACKIT",
		Long: `Log a profile in to STACKIT.

Without flags it uses what it finds: a session of the STACKIT CLI if there is one, else your browser. A credential in
the environment (STACKIT_ACCESS_TOKEN, workload identity, a service account's key or token) needs no login, and is
used first.

The credential is tried once before anything is stored. It is then kept sealed, under a key in the system's keyring
where there is one; kubectl edge status says where. A login replaces the profile's earlier one, and the tokens that
were minted under that are not used again.`,
		Example: `  # in your browser, or from the session of the STACKIT CLI
  kubectl edge login

  # where there is no browser: open the address elsewhere, and paste what it ends up with
  kubectl edge login --no-browser

  # as a service account
  kubectl edge login --service-account-key key.json
  kubectl edge login --service-account-key key.json --private-key private.pem --profile ci`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(); err != nil {
				return usageError{hint.Wrap(err, "kubectl edge login --help")}
			}
			return o.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.key.Path, "service-account-key", "",
		"file with the key of a service account, as STACKIT hands it out (JSON)")
	flags.StringVar(&o.key.PrivateKeyPath, "private-key", "",
		"file with the private key (PEM), for keys of your own making")
	flags.BoolVar(&o.browser, "browser", false, "sign in with a browser on this machine")
	flags.BoolVar(&o.noBrowser, "no-browser", false,
		"sign in with a browser elsewhere, and paste the code or the address it ends up with")
	flags.BoolVar(&o.device, "device", false,
		"sign in on another device with a code that is shown here, where STACKIT offers it")
	flags.BoolVar(&o.stackitCLI, "stackit-cli", false, "use the session of the STACKIT CLI")
	flags.StringVar(&o.stackitConfig, "stackit-cli-profile", "", "profile of the STACKIT CLI (default: its active one)")
	flags.IntVar(&o.port, "port", 0, "port on this machine to which the browser returns, 8000 to 8020 (default: the "+
		"first free one)")
	flags.DurationVar(&o.timeout, "timeout", 5*time.Minute, "how long to wait for a person to sign in")
	return cmd
}

func (o *loginOptions) validate() error {
	var ways []string
	for _, way := range []struct {
		flag string
		set  bool
	}{
		{"--service-account-key", o.key.Path != ""}, {"--browser", o.browser}, {"--no-browser",
			o.noBrowser}, {"--device", o.device},
		{"--stackit-cli", o.stackitCLI || o.stackitConfig != ""},
	} {
		if way.set {
			ways = append(ways, way.flag)
		}
	}
	switch {
	case len(ways) > 1:
		return fmt.Errorf("want one way to log in, not %s", strings.Join(ways, " and "))
	case o.key.PrivateKeyPath != "" && o.key.Path == "":
		return errors.New("--private-key belongs to --service-account-key, which is missing")
	case o.port != 0 && (o.port < login.FirstPort || o.port > login.LastPort):
		return fmt.Errorf("port %d: the identity provider sends browsers back to ports %d to %d alone", o.port,
			login.FirstPort, login.LastPort)
	}
	return nil
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
	session, err := account.Login(ctx, credential)
	left, holds := errors.AsType[*login.LeftBehindError](err)
	if err != nil && !holds {
		return err
	}
	var leftBehind error
	if holds {
		leftBehind = left
	}
	leftBehind = errors.Join(leftBehind, o.forgetTokens(s.Name))
	o.Note("Logged in as %s (profile %s).", session.Principal, s.Name)
	if l, err := account.Secrets.Location(); err == nil && l.KeyIn == secretstore.InFile {
		o.Note("warning: there is no keyring, so the key of the stored secret lies in a file (kubectl edge status): %s",
			l.Reason)
	}
	if leftBehind != nil {
		return hint.Wrap(fmt.Errorf("logged in, but secrets of the earlier login stay behind: %w", leftBehind),
			"see that what is named can be removed, then log in once more")
	}
	return nil
}

// credential returns what the flags name, or what can be found; nil if no login is needed.
func (o *loginOptions) credential(ctx context.Context, account *login.Account) (login.Credential, error) {
	interaction := o.interaction(plugin.Terminal(o.In))
	if o.browser || o.noBrowser || o.device { // a person asked, so a person is there
		interaction.Allowed = interaction.Allowed || !o.noBrowser
	}
	switch {
	case o.key.Path != "":
		// /dev/stdin.
		if info, err := os.Stat(o.key.Path); err == nil && info.Mode()&os.ModeCharDevice != 0 && plugin.Terminal(o.In) {
			o.Note("Paste the service account key, then press Enter and Ctrl-D:")
		}
		return o.key, nil
	case o.stackitCLI || o.stackitConfig != "":
		return login.CLI{Profile: o.stackitConfig}, nil
	case o.device:
		return login.Device{Interaction: interaction, Timeout: o.timeout}, nil
	case o.browser || o.noBrowser:
		return login.Browser{Interaction: interaction, Paste: o.noBrowser, Port: o.port, Timeout: o.timeout}, nil
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
	credential, err := account.Detect(ctx, interaction)
	if _, ok := errors.AsType[*login.RequiredError](err); ok {
		again := hint.Of(err) // names the profile
		return nil, hint.Wrap(err, "in a terminal: %s; for a machine: %s --service-account-key FILE", again, again)
	}
	if browser, ok := credential.(login.Browser); ok {
		browser.Port, browser.Timeout = o.port, o.timeout
		return browser, err
	}
	return credential, err
}

// interaction is how a person may be asked, if that is allowed.
func (a *app) interaction(allowed bool) login.Interaction {
	return login.Interaction{Allowed: allowed, In: a.In, ErrOut: a.ErrOut, OpenBrowser: login.OpenBrowser}
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
