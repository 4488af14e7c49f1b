package edge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/clusteraccess"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/mint"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// flyToCluster gets the credential of an edge cluster by the flight. What leads to the instance is got before, since
// locks of two tokens may be the same file: nobody waits for one while they hold another.
func (a *app) flyToCluster(ctx context.Context, flight mint.Flight, target tokenrequest.Target, want mint.Want) (
	tokencache.Entry, error) {
	if target.Credential == tokenrequest.Certificate && target.Store.Dir() == "" {
		return tokencache.Entry{}, uncached(target)
	}
	if target.Credential == tokenrequest.Administrator {
		if err := a.agreedToBreakGlass(target); err != nil { // before anybody is asked anything
			return tokencache.Entry{}, err
		}
	}
	memory := flight.Memory
	flight.Memory = func(err error) mint.Memory {
		// The next attempt has another token, or another process.
		if errors.As(err, new(*clusteraccess.InstanceRefusedError)) || errors.Is(err, errKilled) {
			return mint.Transient
		}
		return memory(err)
	}
	refused := ""
	for {
		instance, err := a.instance(ctx, target.Request, refused)
		if err != nil {
			return tokencache.Entry{}, err
		}
		mintOne := func(ctx context.Context) (tokencache.Entry, error) {
			principal, err := a.principalOf(ctx, target)
			if err != nil {
				return tokencache.Entry{}, err
			}
			minted, err := a.helperMinter(ctx, target.Cluster).Mint(ctx, instance.config, target.Request, principal)
			if err != nil {
				return tokencache.Entry{}, err
			}
			minted.Labels = target.Labels()
			minted.Labels.Principal = principal
			if target.Credential != tokenrequest.Administrator {
				// Before the credential itself, so that nobody sees that without it.
				_ = target.Store.PutServer(target.Key, minted.Entry, tokencache.Server(minted.Server))
			}
			return minted.Entry, nil
		}
		var e tokencache.Entry
		if target.Credential == tokenrequest.Administrator {
			e, err = mintOne(ctx) // it is never on a disk
		} else {
			e, err = flight.Token(ctx, target.Key, want, mintOne)
		}
		if !errors.As(err, new(*clusteraccess.InstanceRefusedError)) || refused != "" {
			return e, err
		}
		refused = instance.tag
	}
}

// uncached is that certificates need the cache: each call would have the cluster sign another one, of which a client
// that asks again could not keep a connection.
func uncached(target tokenrequest.Target) error {
	return hint.Wrap(fmt.Errorf("a certificate needs the cache, and %s turns that off: every command would have edge "+
		"cluster %q sign another one", target.Store.OffBy(), target.Cluster),
		"cache again: %s; or write the kubeconfig with --credential token", cacheAgain(target.Store))
}

func (a *app) clusterMinter() clusteraccess.Minter {
	return clusteraccess.Minter{
		Now: a.Now, UserAgent: a.userAgent(), Work: a.work,
		Note:   func(text string) { a.Note("note: %s", text) },
		Attend: a.Slow,
	}
}

// afterCreation is what has to be left of the time for everything else, when an edge cluster has been created.
const afterCreation = 15 * time.Second

// helperMinter waits for an edge cluster that is being created, for as long as somebody would wait for an answer.
func (a *app) helperMinter(ctx context.Context, cluster string) clusteraccess.Minter {
	m := a.clusterMinter()
	if deadline, ok := ctx.Deadline(); ok {
		m.Patience = time.Until(deadline) - afterCreation
	}
	said := ""
	m.Waiting = func(state string) {
		if said != state {
			a.Note("waiting: edge cluster %q is being created: %s", cluster, state)
		}
		said = state
	}
	return m
}

// principalOf is whom a credential of an edge cluster names. A session says it without the network.
func (a *app) principalOf(ctx context.Context, target tokenrequest.Target) (string, error) {
	account, err := a.account(target.Scope)
	if err != nil {
		return "", err
	}
	source, err := account.Environment()
	if err == nil && source == nil {
		if target.Principal != "" {
			return target.Principal, nil
		}
		source, err = account.Open(ctx)
	}
	if err != nil {
		return "", err
	}
	token, err := source.Token(ctx)
	return token.Principal, err
}
