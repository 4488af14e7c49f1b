package edge

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

func newTokenCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: "Mint tokens for programs that cannot call the credential helper"}
	cmd.AddCommand(newTokenCreateCmd(a))
	return cmd
}

// mintedToken is what -o json shows of a token; the names are those of the ExecCredential's status.
type mintedToken struct {
	Token               string    `json:"token"`
	ExpirationTimestamp time.Time `json:"expirationTimestamp"`
	Instance            string    `json:"instance"`
}

func newTokenCreateCmd(a *app) *cobra.Command {
	var out output.Flags
	var which instanceFlags
	var noWait bool
	life := time.Hour
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Mint a token for an instance and print it",
		Long: `Mint a token for an instance and print it.

Nobody can revoke a token: it opens the instance until it expires. Prefer a kubeconfig of kubectl edge kubeconfig create,
which holds none, and a short expiration where that is not possible.`,
		Example: `  kubectl edge token create --name demo --expiration 1d
  curl -H "Authorization: Bearer $(kubectl edge token create --name demo --expiration 10m)" …`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := which.validate(); err != nil {
				return usageError{err}
			}
			if err := out.Validate(); err != nil {
				return usageError{err}
			}
			s, err := a.projectScope()
			if err != nil {
				return err
			}
			client, err := a.client(cmd.Context(), s)
			if err != nil {
				return err
			}
			instance, err := a.active(cmd.Context(), client, s, which, noWait)
			if err != nil {
				return err
			}
			e, err := a.mint(cmd.Context(), client, s, instance.Id, life, tokencache.Labels{})
			if err != nil {
				return err
			}
			if life > 24*time.Hour && terminal(a.ErrOut) {
				a.note("warning: nobody can revoke this token; it opens %s until %s", instance.Id, e.Expires.Local().Format(time.DateTime))
			}
			if out.Format == "" {
				_, err := fmt.Fprintln(a.Out, e.Token)
				return err
			}
			return output.One(a.Out, out, tokenKind(), mintedToken{e.Token, e.Expires.UTC(), instance.Id})
		},
	}
	which.addFlags(cmd.Flags())
	cmd.Flags().VarP((*expiration.Flag)(&life), "expiration", "e", "how long the token is valid, such as 600s, 2h, 30d or 1M: 10m to 180d")
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "fail rather than wait for an instance that is not active yet")
	out.AddFlags(cmd.Flags())
	return cmd
}

func tokenKind() output.Kind[mintedToken] {
	return output.Kind[mintedToken]{
		Name: "Token",
		ID:   func(t mintedToken) string { return t.Instance },
		Columns: []output.Column[mintedToken]{
			{Name: "INSTANCE", Value: func(t mintedToken) string { return t.Instance }},
			{Name: "EXPIRES", Value: func(t mintedToken) string { return t.ExpirationTimestamp.Format(time.RFC3339) }},
			{Name: "TOKEN", Value: func(t mintedToken) string { return t.Token }},
		},
	}
}
