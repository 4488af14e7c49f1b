package login

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/trust"
)

// clientID is the STACKIT CLI's public OAuth client, the one that STACKIT has registered for logins on a command line.
const clientID = "stackit-cli-0000-0000-000000000001"

// provider is the identity provider as its discovery document describes it.
type provider struct {
	*oidc.Provider
	revocationURL string // "" when it has none
}

// discover reads the discovery document of the profile's identity provider. Every endpoint in it has to be trusted like
// the document's own.
func (a *Account) discover(ctx context.Context) (*provider, error) {
	issuer := a.Profile.Endpoints.WithDefaults().IdentityProvider
	if err := trust.Check(issuer, a.Trusted); err != nil {
		return nil, fmt.Errorf("identity provider: %w", err)
	}
	ctx, cancel := context.WithTimeout(a.withClient(ctx), exchangeTimeout)
	defer cancel()
	p, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, a.discoveryError(issuer, ended(ctx, err))
	}
	var document struct {
		KeysURL       string `json:"jwks_uri"`
		RevocationURL string `json:"revocation_endpoint"`
	}
	if err := p.Claims(&document); err != nil {
		return nil, fmt.Errorf("identity provider %s: its discovery document is malformed", issuer)
	}
	endpoint := p.Endpoint()
	for name, url := range map[string]string{
		"authorization endpoint": endpoint.AuthURL, "token endpoint": endpoint.TokenURL, "keys": document.KeysURL,
	} {
		if url == "" {
			return nil, fmt.Errorf("identity provider %s: its discovery document names no %s", issuer, name)
		}
	}
	for _, url := range []string{endpoint.AuthURL, endpoint.TokenURL, document.KeysURL, endpoint.DeviceAuthURL,
		document.RevocationURL} {
		if url == "" {
			continue
		}
		if err := trust.Check(url, a.Trusted); err != nil {
			return nil, fmt.Errorf("identity provider %s: its discovery document: %w", issuer, err)
		}
	}
	return &provider{p, document.RevocationURL}, nil
}

// discoveryError leaves out the answer, which go-oidc quotes.
func (a *Account) discoveryError(issuer string, err error) error {
	err = fmt.Errorf("identity provider %s: read its discovery document: %w", issuer, a.plainDiscoveryError(err))
	if hint.Of(err) != "" {
		return err
	}
	return hint.Wrap(err, "check the identity provider of the profile, and proxies on the way: %s", a.Command("doctor"))
}

func (a *Account) plainDiscoveryError(err error) error {
	if mismatch, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok {
		return fmt.Errorf("it is that of another issuer, %.80q", mismatch.Discovered)
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	if plain := a.requestError(err, exchangeTimeout); plain != err {
		return plain
	}
	return errors.New("what came back is none")
}

// idTokenError leaves out the answer of the place of the keys, which go-oidc quotes.
func (a *Account) idTokenError(err error) error {
	if strings.HasPrefix(err.Error(), "failed to verify signature: fetching keys") {
		return hint.Wrap(errors.New("the identity provider's ID token cannot be checked: its keys cannot be read"),
			"try again in a moment; if it stays so, check proxies on the way: %s", a.Command("doctor"))
	}
	return fmt.Errorf("the identity provider's ID token: %w", err)
}

// config is the OAuth client; redirectURL is "" for flows without a redirect.
func (p *provider) config(redirectURL string) *oauth2.Config {
	endpoint := p.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInParams
	return &oauth2.Config{
		ClientID: clientID, Endpoint: endpoint, RedirectURL: redirectURL,
		Scopes: []string{oidc.ScopeOpenID, oidc.ScopeOfflineAccess, oidc.ScopeEmail},
	}
}

// accept verifies what a person's sign-in gave: the ID token (signature, issuer, audience, expiry, nonce), and that the
// access token belongs to it. issued is when it was asked for.
func (a *Account) accept(ctx context.Context, p *provider, method, nonce string, issued time.Time,
	answer *oauth2.Token) (result, error) {
	raw, _ := answer.Extra("id_token").(string)
	if raw == "" {
		return result{}, errors.New("the identity provider sent no ID token")
	}
	if answer.RefreshToken == "" {
		return result{}, errors.New("the identity provider sent no refresh token")
	}
	verifying, cancel := context.WithTimeout(a.withClient(ctx), exchangeTimeout)
	defer cancel()
	verifier := p.VerifierContext(verifying, &oidc.Config{
		ClientID: clientID,
		Now:      func() time.Time { return a.Now().Add(-minRemaining) }, // for a clock that is ahead
	})
	id, err := verifier.Verify(verifying, raw)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return result{}, cause
	}
	if err != nil {
		return result{}, a.idTokenError(err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1 {
		return result{}, errors.New("the identity provider's ID token belongs to another login (nonce)")
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(answer.AccessToken); err != nil {
			return result{}, errors.New("the identity provider's ID token belongs to another access token")
		}
	}
	var claims struct {
		Email string `json:"email"`
	}
	if err := id.Claims(&claims); err != nil {
		return result{}, errors.New("the identity provider's ID token is malformed")
	}
	token := readToken(answer.AccessToken, issued, expiresIn(answer))
	token.Principal = cmp.Or(claims.Email, id.Subject)
	return result{
		grant: &refreshGrant{
			Via: method, TokenURL: p.Endpoint().TokenURL, RevocationURL: p.revocationURL,
			RefreshToken: answer.RefreshToken,
		},
		token: token,
	}, nil
}
