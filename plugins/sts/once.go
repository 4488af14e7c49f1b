package sts

import (
	"context"
	"slices"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// staleAfter is when a record that is still pending belongs to nobody who waits for its token.
const staleAfter = 10 * time.Minute

// cleanupTimeout bounds the deletion of a token after its use.
const cleanupTimeout = 15 * time.Second

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

// cachedNames are the names of the minted tokens in the cache. A process that was killed after it had stored its token
// left that one's record pending.
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
		return hint.Wrap(err, "kubectl sts logout")
	}, nil
}
