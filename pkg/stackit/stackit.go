// Package stackit talks to STACKIT's Edge Cloud API (v1beta1) and to its resource manager, through the official SDK.
//
// The SDK encodes requests and decodes answers; what it would look up by itself (credentials, endpoints, regions) is
// given to it instead. Errors are ours: an *APIError where the API refused, with a next step for pkg/hint, and never
// with a token.
package stackit

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/stackitcloud/stackit-sdk-go/core/config"
	edgeapi "github.com/stackitcloud/stackit-sdk-go/services/edge/v1beta1api"
	rmapi "github.com/stackitcloud/stackit-sdk-go/services/resourcemanager/v0api"
)

// Endpoints are the base URLs of the APIs, such as https://edge.api.stackit.cloud. Whether they may be trusted with the
// user's token is for the caller to decide.
type Endpoints struct {
	Edge              string
	ResourceManager   string
	ServiceEnablement string // may be ""
}

// Tokens gives the access tokens that requests are sent with. It does its own caching.
type Tokens interface {
	// Token is called for each request.
	Token(context.Context) (string, error)
	// Renew returns another token in place of one that the API answered with 401. Its error says what to do instead.
	Renew(ctx context.Context, refused string) (string, error)
}

// Client calls the APIs as one user. It is safe for use by several goroutines if its Tokens are.
type Client struct {
	http      *http.Client
	endpoints Endpoints
	tokens    Tokens
	patience  *Patience
	asking    func()
	sleep     func(context.Context, time.Duration) error
}

// New returns a client that sends its requests through httpClient, which it does not change.
func New(httpClient *http.Client, e Endpoints, tokens Tokens) *Client {
	return &Client{http: httpClient, endpoints: e, tokens: tokens, sleep: sleep}
}

// operation is what a request is for, in words and for those who decide what to do when it fails.
type operation struct {
	attempt   string // "list instances of project …"; starts the error's text
	gone      string // starts it instead upon 404, if that is about nothing else
	kind      kind
	notFound  string // hint upon 404
	forbidden string // hint upon 403
}

// kind says how often a request may be sent.
type kind int

const (
	read  kind = iota // may be repeated
	poll              // sent once, repeated by who waits
	write             // sent once
	mint              // sent once, and its answer is a secret
)

// edge runs one operation on the Edge Cloud API.
func edge[T any](ctx context.Context, c *Client, op operation, call func(edgeapi.DefaultAPI) (*T, error)) (*T, error) {
	return do(ctx, c, c.endpoints.Edge, op, func(o ...config.ConfigurationOption) (*T, error) {
		client, err := edgeapi.NewAPIClient(o...)
		if err != nil {
			return nil, err
		}
		return call(client.DefaultAPI)
	})
}

// resourceManager runs one operation on the resource manager's API.
func resourceManager[T any](ctx context.Context, c *Client, op operation, call func(rmapi.DefaultAPI) (*T, error)) (*T,
	error) {
	return do(ctx, c, c.endpoints.ResourceManager, op, func(o ...config.ConfigurationOption) (*T, error) {
		client, err := rmapi.NewAPIClient(o...)
		if err != nil {
			return nil, err
		}
		return call(client.DefaultAPI)
	})
}

// call is a request of the SDK's.
type call[T any] func(...config.ConfigurationOption) (*T, error)

// do sends the operation's request, again if it may be repeated and is worth it.
//
// A 401 is not the end: the provider may have ended a token that is still good by our clock. Nothing was done then, so
// that any request may be repeated with a renewed token, a mint too, once.
func do[T any](ctx context.Context, c *Client, endpoint string, op operation, call call[T]) (*T, error) {
	renewed := false
	for attempt := 1; ; attempt++ {
		token, err := c.tokens.Token(ctx) // here, and not inside the request: a login may take longer than a request
		if err != nil {
			return nil, err // says itself what was attempted, and what to do
		}
		answer, err := once(ctx, c, endpoint, op, token, call)
		if err == nil {
			return answer, nil
		}
		if hasStatus(err, http.StatusUnauthorized) {
			if renewed && isForeign(err) {
				return nil, op.explain(err) // a page says nothing about the session, which nobody has to renew by hand
			}
			if _, errRenew := c.tokens.Renew(ctx, token); errRenew != nil {
				return nil, op.unauthorized(err, errRenew)
			}
			if !renewed {
				renewed, attempt = true, attempt-1
				continue
			}
		}
		pause, again := retry(op.kind, attempt, err)
		if !again || c.sleep(ctx, pause) != nil {
			return nil, op.explain(err)
		}
	}
}

// once sends the operation's request a single time.
func once[T any](ctx context.Context, c *Client, endpoint string, op operation, token string, call call[T]) (*T,
	error) {
	x := &exchange{base: c.http.Transport, token: token, kind: op.kind, endpoint: endpoint, started: time.Now()}
	client := *c.http // the SDK replaces the Transport of the client it is given
	answer, err := call(
		config.WithHTTPClient(&client),
		config.WithCustomAuth(x),                              // else the SDK searches the environment and ~/.stackit
		config.WithEndpoint(strings.TrimRight(endpoint, "/")), // else it wants a region
	)
	if err != nil {
		return nil, x.explain(ctx, err)
	}
	if answer == nil { // an empty body or null
		return nil, x.undecodable("an empty answer")
	}
	return answer, nil
}

// isForeign reports whether err is an answer that is not the API's.
func isForeign(err error) bool {
	api, ok := errors.AsType[*APIError](err)
	return ok && api.foreign()
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
