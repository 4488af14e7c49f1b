package sts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/mint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// minTTL keeps a minted token useful: the cache hands none out in the last tenth of so short a life.
const minTTL = time.Minute

// staleAfter is when a record that is still pending belongs to nobody who waits for its token.
const staleAfter = 10 * time.Minute

// cleanupTimeout bounds the deletion of a token after its use.
const cleanupTimeout = 15 * time.Second

// mintOptions are what the commands share that mint tokens.
type mintOptions struct {
	*app
	roles   []string
	ttl     string
	refresh bool
}

func (o *mintOptions) addFlags(f *pflag.FlagSet) {
	f.StringSliceVar(&o.roles, "roles", nil, "roles of the minted token, separated by commas or repeated (default: those saved with the context)")
	f.StringVar(&o.ttl, "ttl", "1h", "lifetime of the minted token, such as 15m or 8h")
	f.BoolVar(&o.refresh, "refresh", false, "mint a new token even if one is cached")
}

// complete returns the roles, in one order, and the lifetime that are wanted.
func (o *mintOptions) complete(s settings) ([]string, time.Duration, error) {
	roles := slices.Clone(o.roles)
	if len(roles) == 0 {
		roles = slices.Clone(s.roles)
	}
	slices.Sort(roles)
	roles = slices.Compact(roles)
	if len(roles) == 0 || slices.Contains(roles, "") {
		return nil, 0, usage(hint.Wrap(errors.New("which roles is the minted token to have? give --roles"),
			"kubectl sts context save --roles ROLES saves them with a context; kubectl sts api GET /api/user/session/availableRoles shows yours"))
	}
	ttl, err := parseTTL(o.ttl, o.Now())
	if err == nil && ttl < minTTL {
		err = fmt.Errorf("--ttl %s is less than a minute", o.ttl)
	}
	return roles, ttl, usage(err)
}

// cache is the store of kubectl edge, which its configuration switches off for all minted tokens. A configuration that
// cannot be read may do that too, so no token is kept then.
func (a *app) cache() tokencache.Store {
	config, err := profile.Load(a.cacheDirs)
	if err == nil {
		var store tokencache.Store
		if store, err = tokencache.Open(a.cacheDirs, config.Cache, a.Getenv); err == nil {
			return store
		}
	}
	a.Warn("the token is not cached: %v", err)
	return tokencache.Store{}
}

// cacheKey names a minted token by all that changes it.
func cacheKey(s settings, roles []string, ttl time.Duration) tokencache.Key {
	account := s.source.Account
	parts := []string{
		s.url, s.apiPath, ttl.String(),
		string(s.source.Kind), s.source.Token, s.source.Path, s.source.Sealed,
		account.ServiceAccount, account.Kubeconfig, account.Context,
	}
	// No role is empty: the empty string ends them.
	return tokencache.KeyOf("stackstate", slices.Concat(parts, roles, []string{""}, account.Audiences)...)
}

// cached returns a minted token from the cache, or mints one while all others wait for it.
func (o *mintOptions) cached(ctx context.Context, s settings, want mint.Want) (tokencache.Entry, error) {
	roles, ttl, err := o.complete(s)
	if err != nil {
		return tokencache.Entry{}, err
	}
	key := cacheKey(s, roles, ttl)
	store := o.cache()
	if want == (mint.Want{NotAgeing: true}) {
		if e, err := store.Get(key, o.Now()); err == nil && !e.Ageing(o.Now()) {
			return e, nil
		}
	}
	var deliver func() error
	flight := mint.Flight{Store: store, Now: o.Now, Warn: func(err error) { o.Warn("%v", err) }}
	entry, err := flight.Token(ctx, key, want, func(ctx context.Context) (tokencache.Entry, error) {
		client, err := o.connect(ctx, s)
		if err != nil {
			return tokencache.Entry{}, err
		}
		m := o.minter(client)
		o.sweep(ctx, m, s)
		store.Sweep(o.Now())
		created, record, err := m.Mint(ctx, stackstate.Record{URL: s.url, Context: s.context, Roles: roles}, ttl)
		if err != nil {
			return tokencache.Entry{}, err
		}
		deliver = func() error { return m.Deliver(record) }
		return tokencache.Entry{
			Token: created.Token, Issued: record.Created, Expires: record.Expires,
			Labels: tokencache.Labels{Instance: s.url, Profile: s.context, Principal: record.Name},
		}, nil
	})
	if err == nil && deliver != nil {
		if err := deliver(); err != nil {
			o.Warn("%v", err)
		}
	}
	return entry, err
}

func (a *app) minter(client *stackstate.Client) stackstate.Minter {
	return stackstate.Minter{Client: client, Journal: a.journal(), Now: a.Now}
}

// sweep deletes what was minted on the server of s and has ended, or never reached anybody. It failing costs nothing.
func (a *app) sweep(ctx context.Context, m stackstate.Minter, s settings) {
	now := a.Now()
	m.Journal.Tidy()
	records, err := m.Journal.List(s.url)
	inUse := a.cachedNames()
	records = slices.DeleteFunc(records, func(r stackstate.Record) bool {
		stale := r.Pending && now.After(r.Created.Add(staleAfter)) && !inUse[r.Name]
		return now.Before(r.Expires) && !stale
	})
	if err == nil && len(records) > 0 {
		_, err = m.Delete(ctx, records)
	}
	if err != nil && a.verbose {
		a.Note("could not delete minted tokens that are no longer needed: %v", err)
	}
}

// cachedNames are the names of the minted tokens in the cache. A process that was killed after it had stored its token left that
// one's record pending.
func (a *app) cachedNames() map[string]bool {
	names := map[string]bool{}
	files, err := tokencache.All(a.cacheDirs).List()
	if err != nil {
		return names
	}
	for _, f := range files {
		names[f.Entry.Labels.Principal] = true
	}
	return names
}

// once mints a token beside the cache and returns it with what deletes it after its use.
func (o *mintOptions) once(ctx context.Context, s settings) (token string, done func() error, err error) {
	roles, ttl, err := o.complete(s)
	if err != nil {
		return "", nil, err
	}
	client, err := o.connect(ctx, s)
	if err != nil {
		return "", nil, err
	}
	m := o.minter(client)
	o.sweep(ctx, m, s)
	created, record, err := m.Mint(ctx, stackstate.Record{URL: s.url, Context: s.context, Roles: roles}, ttl)
	if err != nil {
		return "", nil, err
	}
	if err := m.Deliver(record); err != nil {
		o.Warn("%v", err)
	}
	record.Pending = false
	return created.Token, func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		_, err := m.Delete(ctx, []stackstate.Record{record})
		return hint.Wrap(err, "kubectl sts service-token delete --mine")
	}, nil
}

func newTokenCmd(a *app) *cobra.Command {
	o := mintOptions{app: a}
	var format string
	cmd := &cobra.Command{
		Use:   "token --roles ROLE[,ROLE...]",
		Short: "Print a service token that is minted for a while",
		Long: `Print a service token that is minted for a while, from the cache as long as it is good.

Output formats (-o): text, the token; json; header, a line for curl -H @-; env, lines NAME=VALUE for a file of variables.`,
		Example: `  kubectl sts token --roles stackstate-k8s-troubleshooter --ttl 15m
  kubectl sts token --roles stackstate-k8s-troubleshooter -o header | curl -H @- https://acme.example.com/api/server/status`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.settings(cmd.Context())
			if err != nil {
				return err
			}
			e, err := o.cached(cmd.Context(), s, mint.Want{NotAgeing: true, Force: o.refresh})
			if err != nil {
				return err
			}
			return a.printToken(format, s, e)
		},
	}
	o.addFlags(cmd.Flags())
	// It has more formats than the other commands.
	cmd.Flags().StringVarP(&format, "output", "o", "text", "text, json, header or env")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		a.output = format
		if !slices.Contains([]string{"text", "json", "header", "env"}, format) {
			return usage(fmt.Errorf("output %q is unknown: use text, json, header or env", format))
		}
		return nil
	}
	return cmd
}

func (a *app) printToken(format string, s settings, e tokencache.Entry) error {
	minted := stackstate.Credential{Kind: stackstate.KindServiceToken, Token: e.Token}
	var err error
	switch format {
	case "json":
		return a.printJSON(map[string]any{"service-token": stackstate.ServiceTokenCreatedResponse{
			Name: e.Labels.Principal, Token: e.Token, Expiration: e.Expires.UnixMilli(),
		}})
	case "header":
		name, value := minted.Header(stackstate.APIKeyHeader)
		_, err = fmt.Fprintf(a.Out, "%s: %s\n", name, value)
	case "env":
		_, err = fmt.Fprintln(a.Out, strings.Join(clientEnv(s, e.Token), "\n"))
	default:
		_, err = fmt.Fprintln(a.Out, e.Token)
	}
	return err
}
