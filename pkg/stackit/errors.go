package stackit

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/transport"
)

// APIError is an answer that is not what was asked for: a refusal, or something that is not the API's answer at all.
type APIError struct {
	Method     string
	URL        string        // without query and user
	Status     int           // HTTP status
	Code       string        // the API's own code, "" if it gave none
	Message    string        // one line, shortened, free of tokens; "" if the answer had none
	RetryAfter time.Duration // what the API asked to wait, 0 if it did not
	// Page says that a web page came: a proxy or a gateway on the way wrote it, so it says nothing about the account's
	// roles, or what there is.
	Page bool
	Skew string // of a refused token: how far this machine's clock is from the server's, or ""
}

// foreign reports whether the answer is not the API's. Of 429 and 5xx, and of a token that is refused, gateways speak
// for it.
func (e *APIError) foreign() bool {
	return e.Page && e.Status < 500 && e.Status != http.StatusTooManyRequests
}

func (e *APIError) Error() string {
	host := e.URL
	if u, err := url.Parse(e.URL); err == nil {
		host = u.Host
	}
	status := strings.TrimSpace(strconv.Itoa(e.Status) + " " + http.StatusText(e.Status))
	text := host + " answered " + status
	if e.foreign() {
		text += " with a web page, as a proxy or gateway on the way does"
	}
	// The title of many an error page.
	if e.Message != "" && e.Message != http.StatusText(e.Status) && e.Message != status {
		text += ": " + e.Message
	}
	if e.Code != "" && e.Code != strconv.Itoa(e.Status) {
		text += " (code " + e.Code + ")"
	}
	if e.Skew != "" {
		text += "; " + e.Skew
	}
	return text
}

// IsGone reports whether the API said that there is no such thing, or no more.
func IsGone(err error) bool { return hasStatus(err, http.StatusNotFound, http.StatusGone) }

// hasStatus reports whether err is an APIError of one of these statuses. Only a 401 may come as a web page: without an
// answer of the API's, nothing is gone, missing or forbidden.
func hasStatus(err error, statuses ...int) bool {
	var api *APIError
	if !errors.As(err, &api) || api.foreign() && api.Status != http.StatusUnauthorized {
		return false
	}
	for _, s := range statuses {
		if api.Status == s {
			return true
		}
	}
	return false
}

func (x *exchange) newError() *APIError {
	u := *x.request.URL
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return &APIError{Method: x.request.Method, URL: u.String(), Status: x.response.StatusCode}
}

// refusal is the error for a status of 300 and above.
func (x *exchange) refusal(body []byte) *APIError {
	e := x.newError()
	e.Code, e.Message = parseError(body, x.token)
	e.Page = isPage(x.response.Header.Get("Content-Type"), body)
	e.RetryAfter = retryAfter(x.response.Header.Get("Retry-After"), time.Now())
	if e.Status == http.StatusUnauthorized {
		e.Skew = transport.Skew(transport.Date(x.response.Header), time.Now())
	}
	return e
}

// undecodable is the error for an answer of success that is not what the API promises. The answer itself may hold a
// token and is not quoted.
func (x *exchange) undecodable(what string) *APIError {
	e := x.newError()
	e.Message = what
	return e
}

// networkError is a request without an answer.
type networkError struct {
	host  string
	after time.Duration
	err   error
}

func (e *networkError) Unwrap() error { return e.err }

func (e *networkError) timeout() bool {
	var t net.Error
	return errors.Is(e.err, context.DeadlineExceeded) || errors.As(e.err, &t) && t.Timeout()
}

func (e *networkError) Error() string {
	if e.timeout() {
		unit := time.Second
		if e.after < 2*time.Second {
			unit = 10 * time.Millisecond
		}
		return fmt.Sprintf("no answer from %s within %s", e.host, e.after.Round(unit))
	}
	if brokenOff(e.err) { // net/http says "stream error: stream ID 75; INTERNAL_ERROR; …"
		return fmt.Sprintf("%s: the server broke off its answer", e.host)
	}
	return fmt.Sprintf("%s: %s", e.host, line(e.err.Error(), "")) // net/http quotes what it cannot read
}

// explain says what was attempted and what to do next.
func (op operation) explain(err error) error {
	next := op.next(err)
	start := op.attempt
	if op.gone != "" && IsGone(err) {
		start = op.gone
	}
	err = fmt.Errorf("%s: %w", start, err)
	if next == "" {
		return err
	}
	return hint.Wrap(err, "%s", next)
}

// unauthorized says that the API refused the token, and why there is no other. What to do depends on where the token
// came from, which renew knows.
func (op operation) unauthorized(err, renew error) error {
	return hint.Wrap(fmt.Errorf("%s: %w; %w", op.attempt, err, renew), "%s", hint.Of(renew))
}

func (op operation) next(err error) string {
	var api *APIError
	if errors.As(err, &api) {
		return op.nextAfter(api)
	}
	var network *networkError
	if !errors.As(err, &network) {
		return ""
	}
	var redirect *transport.RedirectError
	var unknownCA x509.UnknownAuthorityError
	switch {
	case hint.Of(err) != "":
		return hint.Of(err)
	case errors.As(err, &redirect):
		return "check the endpoint " + network.host + " in your configuration; if " + redirect.To +
			" is the sign-in page of your network (captive portal), sign in there in a browser"
	case errors.As(err, &unknownCA):
		return fmt.Sprintf("if %s has a CA of its own: kubectl edge config set certificate-authority /path/ca.pem",
			network.host)
	}
	return "check the network, HTTPS_PROXY and NO_PROXY, and try again"
}

func (op operation) nextAfter(e *APIError) string {
	switch {
	case e.foreign():
		return "check the network, HTTPS_PROXY and NO_PROXY, or ask who runs the proxy or gateway to let the request " +
			"through"
	case e.Status == http.StatusUnauthorized: // with a token that was renewed
		return "log in again: kubectl edge login"
	case e.Status == http.StatusForbidden:
		return op.forbidden
	case e.Status == http.StatusNotFound || e.Status == http.StatusGone:
		return op.notFound
	case e.Status == http.StatusConflict:
		return "another change is under way or the name is taken; try again in a moment"
	case e.Status == http.StatusTooManyRequests || e.Status >= 500:
		if e.RetryAfter > 0 {
			return "try again in " + expiration.String(e.RetryAfter)
		}
		return "try again in a moment"
	case e.Status < 400 && e.Message == "text/html"+insteadOfJSON:
		return "if your network has a sign-in page (captive portal), sign in there in a browser; else check the " +
			"endpoint, and what stands between: HTTPS_PROXY, NO_PROXY"
	case e.Status < 400:
		return "check the endpoint, and what stands between: HTTPS_PROXY, NO_PROXY"
	}
	return ""
}
