package login

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/kubectl-edge/kubectl-edge/pkg/jwtclaims"
	"github.com/kubectl-edge/kubectl-edge/pkg/trust"
)

const (
	// exchangeTimeout bounds one request to a token endpoint.
	exchangeTimeout = 30 * time.Second
	// minRemaining is the least life of a token that is given out: enough for a request, and for a clock that is off by
	// that much.
	minRemaining = time.Minute
	// unknownLifetime stands for an answer without expires_in, where a JWT's exp decides.
	unknownLifetime = 24 * time.Hour
)

// AccessToken is a bearer token for STACKIT's APIs.
type AccessToken struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires,omitzero"` // by this machine's clock; zero when unknown
	// The user's or service account's e-mail address, or its id; "" when unknown.
	Principal string `json:"principal,omitempty"`
}

// String does not reveal the token.
func (t AccessToken) String() string {
	return "access token of " + cmp.Or(t.Principal, "an unknown principal")
}

// GoString does not reveal the token.
func (t AccessToken) GoString() string { return t.String() }

// goodAt reports whether the token can be used at now and the next minute. One whose end is unknown cannot.
func (t AccessToken) goodAt(now time.Time) bool {
	return t.Token != "" && t.Expires.Sub(now) > minRemaining
}

// readOldToken returns an access token of unknown age.
func readOldToken(token string) AccessToken {
	return AccessToken{Token: token, Expires: jwtclaims.Read(token).Expires, Principal: principal(token)}
}

// readToken returns the access token that was received for a request made at issued. An expiresIn of 0 is unknown.
func readToken(token string, issued time.Time, expiresIn time.Duration) AccessToken {
	t := AccessToken{Token: token, Principal: principal(token)}
	if expiresIn > 0 || !jwtclaims.Read(token).Expires.IsZero() {
		t.Expires = jwtclaims.Lifetime(token, issued, cmp.Or(expiresIn, unknownLifetime))
	}
	return t
}

// principal is the person or service account that a JWT is of, unverified.
func principal(token string) string {
	claims := jwtclaims.Read(token)
	return cmp.Or(claims.Email, claims.Subject)
}

// exchange asks a token endpoint for an access token; the whole answer is there for what else came with it. credential
// says in messages what is exchanged, such as "service account key".
//
// It is golang.org/x/oauth2 and not the SDK's flows, because those drop expires_in, so that a token that is no JWT has
// no end; take no context; put the whole answer into errors; and have no place to check where the credential goes.
func (a *Account) exchange(ctx context.Context, credential, endpoint, clientID string, params url.Values) (AccessToken,
	*oauth2.Token, error) {
	if err := trust.Check(endpoint, a.Trusted); err != nil {
		return AccessToken{}, nil, fmt.Errorf("exchange %s: %w", credential, err)
	}
	ctx, cancel := context.WithTimeout(a.withClient(ctx), exchangeTimeout)
	defer cancel()
	issued := a.Now()
	config := clientcredentials.Config{
		ClientID: clientID, TokenURL: endpoint, EndpointParams: params, AuthStyle: oauth2.AuthStyleInParams,
	}
	answer, err := config.Token(ctx)
	if err != nil {
		return AccessToken{}, nil, a.exchangeError(credential, endpoint, ended(ctx, err))
	}
	return readToken(answer.AccessToken, issued, expiresIn(answer)), answer, nil
}

// withClient makes x/oauth2 and go-oidc use our HTTP client.
func (a *Account) withClient(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, a.tokenClient())
}

// tokenClient is the HTTP client without redirects: a token endpoint has no reason for one, and 307 and 308 would
// repeat the credential elsewhere.
func (a *Account) tokenClient() *http.Client {
	client := *a.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// expiresIn returns expires_in, which some servers write as a string; 0 when it is absent.
func expiresIn(token *oauth2.Token) time.Duration {
	switch v := token.Extra("expires_in").(type) {
	case float64:
		return time.Duration(v) * time.Second
	case string:
		d, _ := time.ParseDuration(v + "s")
		return d
	}
	return 0
}
