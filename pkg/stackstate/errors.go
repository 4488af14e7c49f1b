package stackstate

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// maxErrorBody is how much of an error's body is read, in bytes.
const maxErrorBody = 64 << 10

// Error is an answer with a status that was not expected.
type Error struct {
	Method      string
	URL         string // without query
	StatusCode  int
	Type        string   // the server's own word for the error, if it said one
	Messages    []string // the server's, or what is known of an answer that is not the server's own
	TrackingKey string   // under which the server's log has more, if it said one
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%s %s: %d %s", e.Method, e.URL, e.StatusCode, http.StatusText(e.StatusCode))
	if len(e.Messages) > 0 {
		text += ": " + strings.Join(e.Messages, ", ")
	}
	if e.TrackingKey != "" {
		text += " (tracking key " + e.TrackingKey + ")"
	}
	return text
}

// newError reads the body of an answer that is an error.
func newError(resp *http.Response) *Error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // the status is told even if the body was cut off
	return NewError(resp, body)
}

// NewError is the error that an answer with this body is. It knows the two forms of JSON error that the server has; of
// another body, a proxy's login page perhaps, only the type is told: it is long, and not for people.
func NewError(resp *http.Response, data []byte) *Error {
	u := *resp.Request.URL
	u.RawQuery = ""
	e := &Error{Method: resp.Request.Method, URL: u.String(), StatusCode: resp.StatusCode}
	if !isJSON(resp.Header) {
		if contentType := resp.Header.Get("Content-Type"); contentType != "" {
			e.Messages = []string{fmt.Sprintf("the answer is %s, not StackState's JSON: a proxy or login page may have sent it", hint.Printable(contentType))}
		}
		return e
	}
	var body struct {
		Type        string `json:"_type"`
		Message     string `json:"message"`
		TrackingKey string `json:"trackingKey"`
		Errors      []struct {
			Type    string `json:"_type"`
			Message string `json:"message"`
		} `json:"errors"`
	}
	if json.Unmarshal(data, &body) != nil {
		return e
	}
	e.Type, e.TrackingKey = body.Type, hint.Printable(body.TrackingKey)
	if body.Message != "" {
		e.Messages = append(e.Messages, hint.Printable(body.Message))
	}
	for _, inner := range body.Errors {
		e.Type = inner.Type
		e.Messages = append(e.Messages, hint.Printable(inner.Message))
	}
	return e
}

// ConnectError is a failure of the first request to a server: the network, TLS, or a credential that is refused.
type ConnectError struct {
	APIURL string
	Err    error
}

func (e *ConnectError) Error() string {
	if e.Unauthorized() {
		return fmt.Sprintf("authentication failed when connecting to %s: %v", e.APIURL, e.Err)
	}
	return fmt.Sprintf("could not connect to %s: %v", e.APIURL, e.Err)
}

func (e *ConnectError) Unwrap() error { return e.Err }

// Unauthorized reports whether the credential was refused.
func (e *ConnectError) Unauthorized() bool { return statusOf(e.Err) == http.StatusUnauthorized }

// VersionError is a server that is older than what this client speaks.
type VersionError struct {
	APIURL string
	Got    ServerVersion
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("the server at %s has version %s, and at least %s is needed", e.APIURL, e.Got, minimumVersion)
}
