package login

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/trust"
)

// revocationTimeout bounds what a logout waits for the identity provider.
const revocationTimeout = 10 * time.Second

// refreshGrant is what a person's sign-in leaves: a refresh token, which is another one after each use.
type refreshGrant struct {
	plain
	Via           string `json:"via"` // the method of the login
	TokenURL      string `json:"tokenURL"`
	RevocationURL string `json:"revocationURL,omitempty"`
	RefreshToken  string `json:"refreshToken"`
}

func (g *refreshGrant) Method() string { return g.Via }

// String does not reveal the refresh token.
func (g *refreshGrant) String() string { return "refresh token of " + g.TokenURL }

// GoString does not reveal the refresh token.
func (g *refreshGrant) GoString() string { return g.String() }

// renew does not end with ctx once it has begun: the refresh token is spent as soon as the provider has seen it.
func (g *refreshGrant) renew(ctx context.Context, a *Account) (AccessToken, error) {
	if err := ctx.Err(); err != nil {
		return AccessToken{}, err
	}
	defer context.AfterFunc(ctx, func() {
		if !errors.Is(context.Cause(ctx), context.Canceled) { // its time is over, and nobody pressed anything
			return
		}
		a.say("Saving the renewed session before the end; Ctrl-C again leaves without it, and a login may be needed.")
	})()
	token, answer, err := a.exchange(context.WithoutCancel(ctx), "refresh token", g.TokenURL, clientID, url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {g.RefreshToken},
	})
	if err != nil {
		return AccessToken{}, err
	}
	if answer.RefreshToken != "" {
		g.RefreshToken = answer.RefreshToken
	}
	return token, nil
}

func (g *refreshGrant) refused(a *Account) error {
	return a.required(profile.Session{}, "STACKIT refuses the tokens of the session, also a renewed one")
}

func (g *refreshGrant) ended(err error) bool { return rejected(err) }

// spends holds wherever the provider rotates refresh tokens, which cannot be known before.
func (g *refreshGrant) spends() bool { return true }

// revoke tells the identity provider to forget the sign-in (RFC 7009), if it takes that.
func (g *refreshGrant) revoke(ctx context.Context, a *Account) error {
	if g.RevocationURL == "" {
		return nil
	}
	if err := trust.Check(g.RevocationURL, a.Trusted); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, revocationTimeout)
	defer cancel()
	form := url.Values{"token": {g.RefreshToken}, "token_type_hint": {"refresh_token"}, "client_id": {clientID}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.RevocationURL, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := a.tokenClient().Do(request)
	if err != nil {
		return fmt.Errorf("revoke at %s: %w", g.RevocationURL, a.requestError(err, revocationTimeout))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return hint.Wrap(fmt.Errorf("revoke at %s: %s", g.RevocationURL, response.Status),
			"end it in the STACKIT portal, or let it run out")
	}
	return nil
}
