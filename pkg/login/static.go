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
	token  string
}

func (g *staticGrant) Method() string { return g.method }

func (g *staticGrant) renew(_ context.Context, a *Account) (AccessToken, error) {
	token := readOldToken(g.token)
	if !token.Expires.IsZero() && !token.Expires.After(a.Now().Add(-minRemaining)) {
		return AccessToken{}, hint.Wrap(fmt.Errorf("the token in %s expired at %s", g.origin,
			token.Expires.Format(time.RFC3339)),
			"set %s to a new one, or unset it and log in: %s", g.origin, a.command("login"))
	}
	return token, nil
}

func (g *staticGrant) refused(a *Account) error {
	return hint.Wrap(fmt.Errorf("STACKIT refuses the token in %s", g.origin),
		"set %s to a new one, or unset it and log in: %s", g.origin, a.command("login"))
}
