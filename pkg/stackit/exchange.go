package stackit

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/stackitcloud/stackit-sdk-go/core/oapierror"
)

// exchange is one request and its answer: the RoundTripper that authenticates the request, and the witness that says
// afterwards what happened.
type exchange struct {
	base     http.RoundTripper // nil means http.DefaultTransport
	token    string
	kind     kind
	endpoint string
	started  time.Time

	request  *http.Request  // the last one sent
	response *http.Response // the last one received; its body is the SDK's
}

func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	base := x.base
	if base == nil {
		base = http.DefaultTransport
	}
	req = req.Clone(req.Context())
	// The client refuses redirects to another host already; should it be one that does not, the token stays home.
	if e, err := url.Parse(x.endpoint); err == nil && e.Scheme == req.URL.Scheme && e.Host == req.URL.Host {
		req.Header.Set("Authorization", "Bearer "+x.token)
	}
	if x.kind == mint {
		// http.Transport sends a GET again by itself when a kept-alive connection breaks before the answer, but not a
		// request whose body it cannot rewind. This empty body is found out and left away: nothing of it is sent.
		req.Body = struct{ io.ReadCloser }{http.NoBody}
	}
	x.request, x.response = req, nil
	resp, err := base.RoundTrip(req)
	x.response = resp
	return resp, err
}

// explain turns what the SDK returned into an *APIError, a *networkError or the context's own error.
func (x *exchange) explain(ctx context.Context, err error) error {
	var api *oapierror.GenericOpenAPIError
	if errors.As(err, &api) && x.response != nil {
		if api.StatusCode >= 300 {
			return x.refusal(api.Body)
		}
		return x.undecodable(x.answered(api))
	}
	if ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return context.Cause(ctx)
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // its text would repeat the URL, with the query
	}
	return &networkError{host: x.host(), after: time.Since(x.started), err: err}
}

// insteadOfJSON follows the type of what came.
const insteadOfJSON = " instead of JSON"

// answered says what came instead of the promised answer. It tells the type, not the content, which may hold a token.
func (x *exchange) answered(api *oapierror.GenericOpenAPIError) string {
	if t, _, err := mime.ParseMediaType(x.response.Header.Get("Content-Type")); err == nil && t != "application/json" {
		return t + insteadOfJSON
	}
	if len(api.Body) == 0 {
		return "an empty answer"
	}
	return "JSON of an unexpected form"
}

func (x *exchange) host() string {
	if x.request != nil {
		return x.request.URL.Host
	}
	if e, err := url.Parse(x.endpoint); err == nil {
		return e.Host
	}
	return "the API"
}
