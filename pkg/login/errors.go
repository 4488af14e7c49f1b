package login

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/transport"
)

// RequiredError says that somebody has to log in.
type RequiredError struct {
	Profile string
	Reason  string // such as "nobody is logged in"
	// Generation and Method are those of the session that ended, or "".
	Generation string
	Method     string
}

func (e *RequiredError) Error() string { return fmt.Sprintf("profile %q: %s", e.Profile, e.Reason) }

// Elsewhere reports whether the login that is missing is one to another program: to find out whether somebody has
// logged in there takes asking it.
func (e *RequiredError) Elsewhere() bool {
	g, err := newGrant(e.Method)
	return err == nil && g.outside()
}

// required is a RequiredError with the command that helps. The session is the one that ended, or none.
func (a *Account) required(ended profile.Session, reason string) error {
	return hint.Wrap(&RequiredError{Profile: a.Name, Reason: reason, Generation: ended.Generation,
		Method: ended.Method}, "%s", a.Command("login"))
}

// tokenError is the answer of a token endpoint that gave no token. It holds nothing of the request, and of the
// answer only what is known to be harmless.
type tokenError struct {
	Credential string // what was exchanged, such as "service account key"
	Endpoint   string
	Status     int    // of HTTP
	Code       string // of OAuth (RFC 6749, section 5.2), such as "invalid_grant"; "" when the answer has none
	// Description is what the server says of that, without what could be a secret.
	Description string
	RetryAfter  string // the header of that name
	Cause       string
}

func (e *tokenError) Error() string {
	answer := fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))
	if e.Code != "" {
		answer += ", " + e.Code
	}
	if e.Description != "" {
		answer += ": " + e.Description
	}
	return fmt.Sprintf("exchange %s at %s: %s (%s)", e.Credential, e.Endpoint, e.Cause, answer)
}

// Rejected reports whether the credential itself was refused, so that trying again is in vain.
func (e *tokenError) Rejected() bool {
	return e.Code == "invalid_grant" || e.Code == "invalid_client" || e.Code == "unauthorized_client" ||
		e.Code == codeKeyNotFound
}

// codeKeyNotFound is our name for the service account API's "Key with kid … was not found", which has no code.
const codeKeyNotFound = "key_not_found"

// rejected reports whether err says that the credential was refused.
func rejected(err error) bool {
	e, ok := errors.AsType[*tokenError](err)
	return ok && e.Rejected()
}

// exchangeError makes an error of x/oauth2, whose text can hold the whole answer, fit to be shown.
func (a *Account) exchangeError(credential, endpoint string, err error) error {
	answer, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return fmt.Errorf("exchange %s at %s: %w", credential, endpoint, a.requestError(err, exchangeTimeout))
	}
	e := &tokenError{
		Credential: credential, Endpoint: endpoint, Status: answer.Response.StatusCode, Code: errorCode(answer),
		Description: plainWords(answer.ErrorDescription),
		RetryAfter:  answer.Response.Header.Get("Retry-After"),
	}
	e.Cause = cause(e, answer.Response.Header)
	if skew := transport.Skew(transport.Date(answer.Response.Header), a.Now()); skew != "" && e.Rejected() {
		e.Cause += "; " + skew // by which an assertion has not begun, or has ended
	}
	switch {
	case e.Rejected():
		return e // the caller knows what to do about its credential
	case e.Status == http.StatusTooManyRequests && e.RetryAfter != "":
		return hint.Wrap(e, "try again in %.40s seconds", e.RetryAfter)
	case e.Status == http.StatusTooManyRequests || e.Status >= 500:
		return hint.Wrap(e, "try again in a moment")
	default:
		return hint.Wrap(e, "check the endpoints of the profile, and proxies on the way: %s", a.Command("doctor"))
	}
}

func cause(e *tokenError, header http.Header) string {
	mediaType, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	switch {
	case e.Code == codeKeyNotFound:
		return "the key is not known there: it was deleted, or belongs to another endpoint"
	case e.Code == "invalid_grant":
		return "it was rejected: deleted, revoked, expired or meant for another endpoint"
	case e.Code == "invalid_client" || e.Code == "unauthorized_client":
		return "it was rejected: unknown, or not allowed to log in this way"
	case e.Status == http.StatusTooManyRequests:
		return "too many requests"
	case e.Status >= 300 && e.Status < 400:
		return "it redirects, and credentials are not passed on"
	case mediaType == "text/html":
		return "a web page came back instead of a token"
	case e.Status >= 500:
		return "the service has a problem"
	default:
		return "no token came back"
	}
}

// errorCode returns the OAuth error code if it looks like one: it is the server's text.
func errorCode(answer *oauth2.RetrieveError) string {
	if isErrorCode(answer.ErrorCode) {
		return answer.ErrorCode
	}
	if regexp.MustCompile(`Key with kid .{0,200} was not found`).Match(answer.Body) {
		return codeKeyNotFound
	}
	return ""
}

// plainWords is a server's text with an ellipsis in place of all but words: one could quote what was sent to it.
func plainWords(text string) string {
	const limit = 160
	word := regexp.MustCompile(`^["'(]?([A-Z]?[a-z]{0,15}|[A-Z]{1,8})('[a-z]{1,2})?[)"']?[.,:;!]?$`)
	var words []string
	length := 0
	for _, w := range strings.Fields(text) {
		if !word.MatchString(w) {
			w = "…"
		}
		if length += len(w) + 1; length > limit {
			w = "…"
		}
		if w != "…" || len(words) == 0 || words[len(words)-1] != w {
			words = append(words, w)
		}
		if length > limit {
			break
		}
	}
	if len(words) == 1 && words[0] == "…" {
		return ""
	}
	return strings.TrimSuffix(strings.Join(words, " "), ".")
}

func isErrorCode(text string) bool { return regexp.MustCompile(`^[a-z_]{1,64}$`).MatchString(text) }

// ended is the error of ctx if that has ended, which x/oauth2, go-oidc and encoding/json lose where it does so in the
// middle of an answer, or err.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// requestError shortens the error of a request that got no answer, or none that is understood. The URL is named by the
// caller.
func (a *Account) requestError(err error, limit time.Duration) error {
	var failed *url.Error
	unreached := "check the network, HTTPS_PROXY and NO_PROXY; what can be reached: " + a.Command("doctor")
	switch {
	case errors.As(err, &failed) && failed.Timeout() || errors.Is(err, context.DeadlineExceeded):
		return hint.Wrap(a.late(failed, limit), "%s", unreached)
	case failed != nil && hint.Of(failed.Err) != "":
		return failed.Err
	case failed != nil:
		return hint.Wrap(failed.Err, "%s", unreached)
	case strings.HasPrefix(err.Error(), "oauth2:"):
		// The answer has status 200 but is no token; the text could quote it.
		return hint.Wrap(errors.New("what came back is not a token"),
			"check the endpoints of the profile, and proxies on the way: %s", a.Command("doctor"))
	default:
		return err
	}
}

// late is the error for a request that failed, or is nil where only its end is known, and had so much time.
func (a *Account) late(failed *url.Error, limit time.Duration) error {
	if a.HTTP.Timeout > 0 {
		limit = min(limit, a.HTTP.Timeout)
	}
	if failed == nil {
		return fmt.Errorf("no answer within %v", limit)
	}
	where := ""
	if u, err := url.Parse(failed.URL); err == nil {
		where = " from " + u.Host
	}
	if dial, ok := errors.AsType[*net.OpError](failed.Err); ok && dial.Op == "dial" {
		limit = min(limit, transport.ConnectTimeout)
	}
	return fmt.Errorf("no answer%s within %v", where, limit)
}
