package edge

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenfile"
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
	Instance            string    `json:"instance"` // its name
	InstanceID          string    `json:"instanceId"`
	ProjectID           string    `json:"projectId"`
	Region              string    `json:"region"`
}

type tokenCreateOptions struct {
	*app
	out      output.Flags
	which    instanceFlags
	patience patienceFlags
	life     time.Duration
	file     tokenFileFlags
}

func newTokenCreateCmd(a *app) *cobra.Command {
	o := &tokenCreateOptions{app: a, life: time.Hour}
	cmd := &cobra.Command{
		Use:   "create [INSTANCE]",
		Short: "Mint a token for an instance, and print it or keep a file of it fresh",
		Long: `Mint a token for an instance, and print it or keep a file of it fresh.

Nobody can revoke a token: it opens the instance until it expires. Prefer a kubeconfig of kubectl edge kubeconfig
create, which holds none, and a short expiration where that is not possible.

It is a token of the instance, also where the current context is of an edge cluster: that does not take it. For a token
of an edge cluster: kubectl edge kubeconfig create --cluster NAME --credential token.

--write-to is for programs that read a token from a file: the tokenFile of a kubeconfig, Prometheus' credentials_file.
The file is readable by its owner alone and is replaced as a whole. With --keep-fresh the command stays and replaces
the token when about three quarters of its life are over. When that fails, it says so, tries again after two seconds
at first and a minute at most, and does not end; --health-address tells other programs at /healthz whether the file's
token lives. Ctrl-C and SIGTERM end it with exit code 0.`,
		Example: `  kubectl edge token create
  kubectl edge token create demo --expiration 1d
  curl -H "Authorization: Bearer $(kubectl edge token create demo --expiration 10m)" …
  kubectl edge token create demo --write-to /run/edge/token --keep-fresh --health-address 127.0.0.1:8080`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(cmd.Context(), args); err != nil {
				return usageError{err}
			}
			return o.run(cmd.Context())
		},
	}
	o.which.addFlags(cmd.Flags())
	cmd.Flags().VarP((*expiration.Flag)(&o.life), "expiration", "e",
		"how long the token is valid, such as 600s, 2h, 30d or 1M: 10m to 180d")
	o.patience.addFlags(cmd.Flags())
	o.file.addFlags(cmd.Flags())
	o.out.AddFlags(cmd.Flags())
	return cmd
}

func (o *tokenCreateOptions) validate(ctx context.Context, args []string) error {
	if err := o.which.takeAny(args); err != nil {
		return err
	}
	if err := o.file.validate(o.out.Format); err != nil {
		return err
	}
	if err := o.patience.validate(); err != nil {
		return err
	}
	return o.out.Validate(ctx)
}

func (o *tokenCreateOptions) run(ctx context.Context) error {
	if o.file.path != "" {
		if err := tokenfile.File(o.file.path).CheckWritable(); err != nil {
			return err
		}
	}
	if o.file.keepFresh {
		return o.keepFresh(ctx)
	}
	if o.file.path == "" {
		if err := plugin.Reserve(o.Out); err != nil {
			return hint.Wrap(fmt.Errorf("mint a token: none was minted, since its text has no place: %w", err),
				"make room, or write it elsewhere, and try again")
		}
	}
	minted, e, err := o.mint(ctx, o.patience)
	if err != nil {
		return err
	}
	instance := minted.InstanceID
	if o.life > 24*time.Hour && plugin.Terminal(o.ErrOut) {
		o.Note("warning: nobody can revoke this token; it opens %s until %s", instance,
			e.Expires.Local().Format(time.DateTime))
	}
	switch {
	case o.file.path != "":
		if err := tokenfile.File(o.file.path).Write(e.Token); err != nil {
			return err
		}
		o.Note("Wrote a token for instance %s to %s. It expires at %s.", instance, hint.Path(o.file.path),
			e.Expires.Local().Format(time.DateTime))
		return nil
	case o.out.Format == "":
		_, err := fmt.Fprintln(o.Out, e.Token)
		return unshown(err, instance, e)
	}
	return unshown(output.One(o.Out, o.out, tokenKind(), minted), instance, e)
}

// unshown says what there is of a token whose text could not be written.
func unshown(err error, instance string, e tokencache.Entry) error {
	if err == nil || hint.Of(err) != "" { // one that has a hint is about -o
		return err
	}
	return hint.Wrap(fmt.Errorf("a token for instance %s was minted, but could not be written: %w", instance, err),
		"nobody can delete it, and nobody has it; it ends by itself at %s", e.Expires.Local().Format(time.DateTime))
}

// mint mints a token for the instance, which must exist.
func (o *tokenCreateOptions) mint(
	ctx context.Context, patience patienceFlags,
) (minted mintedToken, e tokencache.Entry, err error) {
	cloud, err := o.projectCloud(ctx)
	if err != nil {
		return minted, e, err
	}
	if err := o.settle(ctx, &o.which, cloud); err != nil {
		return minted, e, err
	}
	i, err := o.which.get(ctx, cloud)
	if err != nil {
		return minted, e, err
	}
	cloud, end := o.waiting(cloud, i.Id, patience)
	defer end()
	e, err = o.minter(cloud.Client).Mint(ctx, cloud.ProjectID, cloud.Region, i.Id, o.life)
	return mintedToken{e.Token, e.Expires, i.DisplayName, i.Id, cloud.ProjectID, cloud.Region}, e, err
}

// keepFresh starts over with the configuration and the login each time, since both may change while it runs.
func (o *tokenCreateOptions) keepFresh(ctx context.Context) error {
	o.alone = true
	mint := func(ctx context.Context) (tokencache.Entry, error) {
		_, e, err := o.mint(ctx, patienceFlags{noWait: true}) // the next attempt comes
		return e, err
	}
	k := &tokenfile.Keeper{
		File: tokenfile.File(o.file.path), RemoveOnExit: o.file.removeOnExit, Mint: mint, Timeout: credentialTimeout,
		Now: o.Now, Log: o.ErrOut,
	}
	if o.file.health != "" {
		stop, err := k.ServeHealth(o.file.health)
		if err != nil {
			return err
		}
		defer stop()
	}
	return k.Run(ctx)
}

func tokenKind() output.Kind[mintedToken] {
	return output.Kind[mintedToken]{
		Name: "Token",
		ID:   func(t mintedToken) string { return t.InstanceID },
		Columns: []output.Column[mintedToken]{
			{Name: "INSTANCE", Value: func(t mintedToken) string { return t.InstanceID }},
			{Name: "EXPIRES",
				Value: func(t mintedToken) string { return t.ExpirationTimestamp.UTC().Format(time.RFC3339) }},
			{Name: "TOKEN", Value: func(t mintedToken) string { return t.Token }},
		},
	}
}
