// Package edgetoken mints tokens of Edge instances. It is where a token enters: what is not a token goes no further,
// for every caller and for both ways of the API.
package edgetoken

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/jwtclaims"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/mint"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// Minter mints tokens by one client.
type Minter struct {
	Client *stackit.Client
	Now    func() time.Time
}

// Mint mints a token of an instance that is to be valid for life. Nobody can revoke it.
func (m Minter) Mint(
	ctx context.Context, projectID, region, instanceID string, life time.Duration,
) (tokencache.Entry, error) {
	var issued time.Time
	token, err := m.Client.Asking(func() { issued = m.Now() }).Token(ctx, projectID, region, instanceID, life)
	if err != nil {
		return tokencache.Entry{}, err
	}
	return m.received(instanceID, token, issued, life)
}

// Place is where an instance is, as the API says together with a new token.
type Place struct {
	kubeconfig.Entry // Server, CAData and Namespace
	Token            tokencache.Entry
}

// Fetch asks where the instance is. The API says that only together with a new token, whose life is the shortest that
// there is.
func (m Minter) Fetch(ctx context.Context, projectID, region, instanceID string) (Place, error) {
	var issued time.Time
	client := m.Client.Asking(func() { issued = m.Now() })
	object, err := client.Kubeconfig(ctx, projectID, region, instanceID, expiration.Min)
	if err != nil {
		return Place{}, err
	}
	entry, token, err := kubeconfig.FromAPI(object)
	if err != nil {
		return Place{}, err
	}
	if entry.Namespace != "" {
		if err := CheckNamespace(entry.Namespace); err != nil {
			return Place{}, fmt.Errorf("read kubeconfig from the API: %w", err)
		}
	}
	received, err := m.received(instanceID, token, issued, expiration.Min)
	return Place{Entry: entry, Token: received}, err
}

// Cache puts the token of a place into the cache of the target, unless one is there that lives longer, and keeps beside
// it where it is taken.
func (p Place) Cache(target tokenrequest.Target, now time.Time) error {
	e, isNew := p.choose(target, now, "")
	if isNew {
		if err := target.Store.Put(target.Key, e); err != nil {
			return err
		}
	}
	return target.Store.PutServer(target.Key, e, tokencache.Server{URL: p.Server, CA: p.CAData})
}

// Keep is Cache for a mint.Func, whose caller caches the token that it returns. A cached one with the tag that was
// refused is not kept.
func (p Place) Keep(target tokenrequest.Target, now time.Time, refused string) tokencache.Entry {
	e, _ := p.choose(target, now, refused)
	// Without it, the next process asks again.
	_ = target.Store.PutServer(target.Key, e, tokencache.Server{URL: p.Server, CA: p.CAData})
	return e
}

// choose returns the token of the place, unless one is cached that lives longer.
func (p Place) choose(target tokenrequest.Target, now time.Time, refused string) (e tokencache.Entry, isNew bool) {
	e, err := target.Store.Get(target.Key, now)
	if err == nil && e.Tag() != refused && !e.Expires.Before(p.Token.Expires) {
		return e, false
	}
	e = p.Token
	e.Labels = target.Labels()
	return e, true
}

// CheckNamespace reports whether name can be a namespace of a context.
func CheckNamespace(name string) error {
	if problems := validation.IsDNS1123Label(name); len(problems) > 0 {
		return fmt.Errorf("namespace %.80q: %s", name, problems[0])
	}
	return nil
}

// received checks a token that the API gave at issued, or a little later.
func (m Minter) received(instanceID, token string, issued time.Time, life time.Duration) (tokencache.Entry, error) {
	if !WellFormed(token) {
		return tokencache.Entry{}, fmt.Errorf("mint a token for instance %s: what the API answered is not a token",
			instanceID)
	}
	e := tokencache.Entry{Token: token, Issued: issued, Expires: jwtclaims.Lifetime(token, issued, life)}
	if now := m.Now(); !now.Before(e.Expires) {
		return tokencache.Entry{}, hint.Wrap(
			fmt.Errorf("mint a token for instance %s: the API answered one that expired at %s",
				instanceID, e.Expires.Format(time.RFC3339)),
			"check this machine's clock: it says %s", now.Format(time.RFC3339))
	}
	return e, nil
}

// MaxSize is the length of the longest token that is believed to be one: servers take headers of that size at most.
const MaxSize = 32 << 10

// WellFormed reports whether token is a b64token of RFC 6750 §2.1, which is safe in headers, terminals and files.
func WellFormed(token string) bool {
	for _, c := range []byte(strings.TrimRight(token, "=")) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') &&
			!strings.ContainsRune("-._~+/", rune(c)) {
			return false
		}
	}
	return len(token) > 0 && len(token) <= MaxSize && token[0] != '='
}

// Flight is the single flight of all processes that want the tokens in the store.
func Flight(store tokencache.Store, now func() time.Time, warn func(error)) mint.Flight {
	return mint.Flight{Store: store, Now: now, Warn: warn, Memory: memory}
}

// memory keeps nobody waiting who logs in. A person may be doing so just now. To find out whether they have logged in
// at the STACKIT CLI takes that program, which is too much for every call, but not for one every few seconds.
func memory(err error) mint.Memory {
	required, ok := errors.AsType[*login.RequiredError](err)
	switch {
	case !ok:
		return mint.Remember
	case required.Elsewhere():
		return mint.RememberBriefly
	}
	return mint.Transient
}
