package edge

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
)

func newLoginCmd(a *app) *cobra.Command {
	var key login.KeyFile
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Log a profile in to STACKIT",
		Long: `Log a profile in to STACKIT.

The credential is tried once before anything is stored. It is then kept sealed, under a key in the system's keyring where
there is one; kubectl edge status says where. A login replaces the profile's earlier one, and the tokens that were minted
under that are not used again.`,
		Example: `  kubectl edge login --service-account-key key.json
  kubectl edge login --service-account-key key.json --private-key private.pem --profile ci`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if key.Path == "" {
				return usageError{hint.Wrap(errors.New("log in with what? want --service-account-key"), "kubectl edge login --help")}
			}
			s, err := a.scope()
			if err != nil {
				return err
			}
			sessions, err := a.sessions(s)
			if err != nil {
				return err
			}
			session, err := sessions.Login(cmd.Context(), key)
			if err != nil {
				return err
			}
			if err := a.forgetTokens(s.name); err != nil {
				a.note("warning: tokens of an earlier login were not removed from the cache: %v", err)
			}
			a.note("Logged in as %s (profile %s).", session.Principal, s.name)
			if l, err := sessions.Secrets.Location(); err == nil && l.Reason != "" {
				a.note("warning: the key of the stored secret lies in the file %s: %s", l.Path, l.Reason)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&key.Path, "service-account-key", "", "file with the key of a service account, as STACKIT hands it out (JSON)")
	cmd.Flags().StringVar(&key.PrivateKeyPath, "private-key", "", "file with the private key (PEM), for keys of your own making")
	return cmd
}

func newLogoutCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "logout",
		Short:   "Forget a profile's login and the tokens minted with it",
		Example: `  kubectl edge logout --profile ci`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.scope()
			if err != nil {
				return err
			}
			sessions, err := a.sessions(s)
			if err != nil {
				return err
			}
			if err := sessions.Logout(cmd.Context()); err != nil {
				return err
			}
			if err := a.forgetTokens(s.name); err != nil {
				return err
			}
			a.note("Logged out (profile %s).", s.name)
			return nil
		},
	}
}
