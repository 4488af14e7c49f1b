package edge

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/edgetoken"
	"github.com/kubectl-edge/kubectl-edge/pkg/execcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/mint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// credentialTimeout bounds a miss, waiting for other processes included: kubectl itself never stops waiting.
const credentialTimeout = time.Minute

// newCredentialCmd is what kubectl-edge_credential hands over to when it has no token to answer with.
func newCredentialCmd(a *app) *cobra.Command {
	var request tokenrequest.Request
	var clientID, refused string
	var refresh bool
	cmd := &cobra.Command{
		Use: "credential --project-id UUID --region eu01 --instance-id demo-3714d85",
		Short: "Print a token for an instance, or a certificate for an edge cluster, as an ExecCredential; " +
			"kubeconfigs " +
			"call it through kubectl-edge_credential",
		Example: `  # what kubectl does with a kubeconfig of kubectl edge
  kubectl-edge_credential --project-id 12345678-ffff-4bcd-8fff-123456789abc --region eu01 \
    --instance-id demo-3714d85`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.bundle.ReadAhead()
			if refresh {
				target, err := request.Resolve(a.dirs, a.Getenv)
				if err != nil {
					return err
				}
				ctx, cancel := context.WithTimeout(cmd.Context(), tokencache.RefreshTimeout)
				defer cancel()
				defer target.Store.EndRefresh(target.Key)
				flight := a.flight(target)
				// Nobody waits for it, so that a person may have logged out meanwhile.
				flight.Current = func() bool { return target.Current(a.dirs, a.Getenv) }
				_, err = a.fly(ctx, flight, target, mint.Want{NotAgeing: true})
				return err
			}
			info, err := execcredential.ParseInfo(a.Getenv(execcredential.Variable))
			if err != nil {
				return err
			}
			client := tokencache.CurrentClient(a.Getenv(execcredential.Variable))
			if clientID != "" {
				if client, err = tokencache.ParseClient(clientID); err != nil {
					return usageError{err}
				}
			}
			ctx, stop := whileRead(cmd.Context(), a.Out)
			defer stop()
			err = a.answer(ctx, request, info, client, refused)
			if err != nil && errors.Is(context.Cause(ctx), errNobodyReads) {
				return errNobodyReads
			}
			if err != nil && info.Present && a.saidBefore(client, err) {
				return plugin.WithCode(exitCode(err), plugin.ErrSilent)
			}
			return err
		},
	}
	for _, f := range request.Flags() {
		cmd.Flags().Var(f.Value, f.Name, f.Help)
	}
	cmd.Flags().StringVar(&clientID, "client", "", "identity of the client that asks, as the helper determined it")
	cmd.Flags().StringVar(&refused, "refused", "", "tag of the cached token that the server has refused")
	cmd.Flags().BoolVar(&refresh, "refresh", false, "replace the cached token if it is ageing, and print nothing")
	cmd.Flags().Bool(foreignFlag, false, "use the folders as one that a kubeconfig may have chosen")
	for _, internal := range []string{"client", "refused", "refresh", foreignFlag} {
		cmd.Flags().Lookup(internal).Hidden = true
	}
	// The helper hands on all that its kubeconfig says, and this checks it as a whole.
	cmd.Flags().VisitAll(func(f *pflag.Flag) { plugin.AllowEmpty(cmd.Flags(), f.Name) })
	return cmd
}

// errNobodyReads ends a command whose answer nobody can read any more. It is a cancellation: it says nothing about the
// next attempt, which must not be kept waiting.
var errNobodyReads error = nobodyReads{}

type nobodyReads struct{}

func (nobodyReads) Error() string        { return "mint a token: the program that asked for it has ended" }
func (nobodyReads) Is(target error) bool { return target == context.Canceled }

// saidBefore reports whether err was said to the client that asks before, and records that it is now.
func (a *app) saidBefore(client tokencache.Client, err error) bool {
	store, errStore := a.cache()
	if errStore != nil {
		return false
	}
	text := err.Error()
	if remembered, ok := errors.AsType[*mint.RememberedError](err); ok {
		text = remembered.Message // without the times, which pass
	}
	return store.Said(client, text, a.Now())
}

// answer prints the token that request asks for.
func (a *app) answer(
	ctx context.Context, request tokenrequest.Request, info execcredential.Info, client tokencache.Client,
	refused string,
) error {
	target, err := request.Resolve(a.dirs, a.Getenv)
	if err != nil {
		return err
	}
	if refused != "" && !execcredential.FromClientGo(a.Getenv(execcredential.Variable)) {
		if entry, ok := a.stillTaken(ctx, target, refused); ok {
			until := entry.KeepUntil(a.Now())
			target.Store.Keep(target.Key, client, entry, until, a.Now())
			return info.Write(a.Out, entry.Credential(), until)
		}
	}
	want := mint.Want{Refused: refused}
	entry, err := a.cachedToken(ctx, target, want)
	if required, ok := errors.AsType[*login.RequiredError](err); ok && a.mayAsk(info) {
		if err := a.loginAgain(ctx, target.Scope, required, err); err != nil {
			return err
		}
		if target, err = request.Resolve(a.dirs, a.Getenv); err != nil { // another session has other tokens
			return err
		}
		entry, err = a.cachedToken(ctx, target, want)
	}
	if err != nil {
		if a.foreign { // it may be why
			a.noteForeign()
		}
		return err
	}
	until := entry.KeepUntil(a.Now())
	if err := target.Store.Prepare(); err != nil || target.Credential == tokenrequest.Administrator {
		// Nothing is touched in a folder that may be somebody else's.
		return info.Write(a.Out, entry.Credential(), until)
	}
	target.Store.Lease(target.Key, client, entry, until, a.Now())
	if err := info.Write(a.Out, entry.Credential(), until); err != nil {
		return err
	}
	tokencache.All(a.dirs).Sweep(a.Now())
	return nil
}

// stillTaken returns the cached token with the tag unless the instance's API server refuses it. Clients other than
// client-go ask for a token with every load of a kubeconfig, so that a guess would mint one a minute for as long as
// such a process runs. Where the server cannot be asked, the token is taken to be good: it does not live for long, and
// another one could not be revoked either.
func (a *app) stillTaken(ctx context.Context, target tokenrequest.Target, tag string) (tokencache.Entry, bool) {
	cached, err := target.Store.Get(target.Key, a.Now())
	if err != nil || cached.Tag() != tag {
		return tokencache.Entry{}, false // another process has replaced it
	}
	server, _ := target.Store.Server(target.Key, cached)
	accepted, err := edgetoken.Accepted(ctx, server, cached, a.Slow)
	return cached, accepted || err != nil
}

// cachedToken returns the credential of target, minting one if there is none.
func (a *app) cachedToken(ctx context.Context, target tokenrequest.Target, want mint.Want) (tokencache.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, credentialTimeout)
	defer cancel()
	return a.fly(ctx, a.flight(target), target, want)
}

// fly gets the credential of target by the flight.
func (a *app) fly(ctx context.Context, flight mint.Flight, target tokenrequest.Target,
	want mint.Want) (tokencache.Entry,
	error) {
	if target.Cluster != "" {
		return a.flyToCluster(ctx, flight, target, want)
	}
	return flight.Token(ctx, target.Key, want, a.mint(target))
}

// mayAsk reports whether a person can be asked to log in: a client decides that itself, in a shell a terminal does.
// Where a kubeconfig may have chosen whom they would log in to, nobody is asked.
func (a *app) mayAsk(info execcredential.Info) bool {
	may := info.Interactive
	if !info.Present {
		may = plugin.Terminal(a.In)
	}
	if a.foreign && may {
		a.noteForeign()
	}
	return may && !a.foreign
}

// loginAgain has a person log in for a command that needs it, once for any number of commands. It returns err, which
// asks for the login, where that takes more than a person.
func (a *app) loginAgain(ctx context.Context, s profile.Scope, because *login.RequiredError, err error) error {
	account, errAccount := a.account(s)
	if errAccount != nil {
		return errAccount
	}
	interaction := a.interaction(true)
	interaction.Unseen = !plugin.Terminal(a.ErrOut)
	credential, ok := login.Interactive(because.Method, interaction)
	if !ok {
		return err
	}
	if because.Generation == "" {
		if credential, err = account.Detect(ctx, nil, interaction); err != nil {
			return err
		}
	}
	session, err := account.LoginOnce(ctx, credential, because)
	if err != nil {
		return err
	}
	// Others of a storm mint already with the new session: theirs are not of the earlier one.
	_, err = tokencache.All(a.dirs).Clean(func(f tokencache.File) bool {
		return f.Entry.Labels.Profile == s.Name && f.Entry.Issued.Before(session.Created)
	})
	if err != nil {
		a.Warn("tokens of the earlier login stay behind: %v", err)
	}
	return nil
}

func (a *app) flight(target tokenrequest.Target) mint.Flight {
	flight := edgetoken.Flight(target.Store, a.Now, func(err error) {
		a.Note("warning: the %s is not cached, so every command mints one (if that is meant: %s=%s): %v",
			kindOf(target), tokencache.Variable, tokencache.None, err)
	})
	flight.Waiting = func() {
		a.Note("waiting for another process, which mints %s", target.Wanted())
	}
	return flight
}

// kindOf is what target's credential is, to people.
func kindOf(target tokenrequest.Target) string {
	if target.Cluster == "" {
		return tokenrequest.Token
	}
	return target.EdgeCluster.WithDefaults().Credential
}

// mint mints the token of target when it is called.
func (a *app) mint(target tokenrequest.Target) mint.Func {
	return func(ctx context.Context) (tokencache.Entry, error) {
		cloud, err := a.cloud(ctx, target.Scope)
		if err != nil {
			return tokencache.Entry{}, err
		}
		e, err := a.minter(cloud.Client).Mint(ctx, target.ProjectID, target.Region, target.InstanceID,
			target.Expiration)
		e.Labels = target.Labels()
		return e, err
	}
}
