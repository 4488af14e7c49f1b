package sts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/mint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// minTTL keeps a minted token useful.
const minTTL = time.Minute

// defaultTTL is how long a token lives that nobody asked for longer.
const defaultTTL = "1h"

// mintOptions are what the commands share that mint tokens.
type mintOptions struct {
	*app
	flags   *pflag.FlagSet // of the command
	roles   []string
	ttl     string
	minLife time.Duration
	refresh bool
	ahead   bool // in the background, before anybody has to wait
}

func (o *mintOptions) addFlags(f *pflag.FlagSet) {
	o.flags = f
	f.StringSliceVar(&o.roles, "roles", nil,
		"roles of the minted token, separated by commas or repeated (default: those saved with the context)")
	f.StringVar(&o.ttl, "ttl", defaultTTL, "lifetime of the minted token, such as 15m or 8h")
	f.DurationVar(&o.minLife, "min-life", 0, "how long the token must still live, if half of --ttl is not enough")
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
			"kubectl sts context save --roles ROLES saves them with a context; kubectl sts api GET "+
				"/api/user/session/availableRoles shows yours"))
	}
	ttl, err := parseTTL(o.ttl, o.Now())
	switch {
	case err != nil:
	case ttl < minTTL:
		err = fmt.Errorf("--ttl %s is less than a minute", o.ttl)
	case o.minLife < 0 || o.minLife >= ttl:
		err = fmt.Errorf("--min-life %s is not less than --ttl %s", o.minLife, o.ttl)
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

// need is how long a token from the cache must still live: anyone who asks for an hour does not expect one that ends
// while it is used.
func (o *mintOptions) need(ttl time.Duration) time.Duration { return max(ttl/2, o.minLife) }

// dueAhead is the part of a life before need in which the next token is minted in the background, so that nobody waits.
func (o *mintOptions) dueAhead(ttl time.Duration) time.Duration {
	return o.need(ttl) + (ttl-o.need(ttl))/4
}

// cached returns a minted token from the cache, or mints one while all others wait for it. With refused, the tag of a
// token that the server does not take, it is another one.
func (o *mintOptions) cached(ctx context.Context, s settings, refused string) (tokencache.Entry, error) {
	roles, ttl, err := o.complete(s)
	if err != nil {
		return tokencache.Entry{}, err
	}
	key := cacheKey(s, roles, ttl)
	store := o.cache()
	want := mint.Want{Left: o.need(ttl), Force: o.refresh}
	due := func(e tokencache.Entry, now time.Time) bool { return now.Add(o.dueAhead(ttl)).After(e.Expires) }
	switch {
	case refused != "":
		want = mint.Want{Refused: refused}
	case o.ahead:
		want.Left = o.dueAhead(ttl)
		defer store.EndRefresh(key)
	case !o.refresh:
		now := o.Now()
		if e, err := store.Get(key, now); err == nil && !now.Add(want.Left).After(e.Expires) {
			if due(e, now) && store.StartRefresh(key, now, due) && o.startAhead(s) != nil {
				store.EndRefresh(key) // the token lives on; the next call tries again
			}
			return e, nil
		}
	}
	if f, ok := store.Failure(key, o.Now()); ok && changedSince(s.source.Path, f.Time) {
		store.Succeed(key) // it failed with another token
	}
	return o.fly(ctx, s, key, store, want, roles, ttl)
}

// changedSince reports whether a file was written after t.
func changedSince(path string, t time.Time) bool {
	info, err := os.Stat(path)
	return err == nil && info.ModTime().After(t)
}

func (o *mintOptions) fly(
	ctx context.Context, s settings, key tokencache.Key, store tokencache.Store, want mint.Want, roles []string,
	ttl time.Duration,
) (tokencache.Entry, error) {
	var deliver func() error
	flight := mint.Flight{Store: store, Now: o.Now, Code: exitCode, Warn: func(err error) { o.Warn("%v", err) }}
	entry, err := flight.Token(ctx, key, want, func(ctx context.Context) (tokencache.Entry, error) {
		client, err := o.connect(ctx, s)
		if err != nil {
			return tokencache.Entry{}, err
		}
		m := o.minter(client)
		o.sweep(ctx, m, s)
		tokencache.All(o.cacheDirs).Sweep(o.Now())
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
