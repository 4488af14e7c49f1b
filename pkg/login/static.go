package login

import (
	"context"
	"fmt"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// staticGrant is a token that somebody else renews, if at all.
type staticGrant struct {
	plain
	method string
	origin string // where it comes from, such as "STACKIT_ACCESS_TOKEN"
	file   bool   // origin is the path of a credentials file, not a variable
	token  string
}

func (g *staticGrant) Method() string { return g.method }

func (g *staticGrant) renew(_ context.Context, a *Account) (AccessToken, error) {
	token := readOldToken(g.token)
	if !token.Expires.IsZero() && !token.Expires.After(a.Now().Add(-minRemaining)) {
		return AccessToken{}, hint.Wrap(fmt.Errorf("the token in %s expired at %s", g.origin,
			token.Expires.Format(time.RFC3339)), "%s", g.next(a))
	}
	return token, nil
}

func (g *staticGrant) refused(a *Account) error {
	return hint.Wrap(fmt.Errorf("STACKIT refuses the token in %s", g.origin), "%s", g.next(a))
}

// next is what to do about a token that is no longer good.
func (g *staticGrant) next(a *Account) string {
	if g.file {
		return fmt.Sprintf("put a new one into %s, or take it out there and log in: %s", hint.Word(g.origin),
			a.Command("login"))
	}
	return fmt.Sprintf("set %s to a new one, or unset it and log in: %s", g.origin, a.Command("login"))
}
