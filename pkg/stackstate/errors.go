package stackstate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/transport"
)

// maxErrorBody is how much of an error's body is read, in bytes.
const maxErrorBody = 64 << 10

// Error is an answer with a status that was not expected.
type Error struct {
	Method      string
	URL         string // without query
	StatusCode  int
	Type        string    // the server's own word for the error, if it said one
	Messages    []string  // the server's, or what is known of an answer that is not the server's own
	LooksLike   Kind      // of a token that was refused and seems to be of another kind than it was sent as
	Date        time.Time // of the server's clock; zero if it did not say
	TrackingKey string    // under which the server's log has more, if it said one
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

// NewError is the error that an answer with this body is. The server has two forms of JSON error; of any other body,
// such as that of a proxy before it, the first line is shown. A token in it is not: some servers repeat what they
// refuse.
func (c *Client) NewError(resp *http.Response, data []byte) *Error {
	e := &Error{Method: resp.Request.Method, URL: withoutQuery(resp.Request.URL), StatusCode: resp.StatusCode}
	e.Date = transport.Date(resp.Header)
	if e.StatusCode == http.StatusUnauthorized {
		e.LooksLike = c.credential.looksLike()
	}
	var messages []string
	kind := mediaType(resp.Header)
	if !e.readJSON(data, &messages) {
		if line := firstLine(data, kind == "text/html"); line != "" {
			messages = append(messages, line)
		}
		if kind == "text/html" {
			messages = append(messages, "the answer is text/html, not StackState's JSON: a proxy or login page may "+
				"have sent it")
		}
	}
	for _, m := range messages {
		if len(c.credential.Token) >= minSecret {
			m = strings.ReplaceAll(m, c.credential.Token, "(hidden)")
		}
		e.Messages = append(e.Messages, hint.Printable(serviceTokens.ReplaceAllString(m, "(hidden)")))
	}
	return e
}

var (
	serviceTokens = regexp.MustCompile(tokenPrefix + `[A-Za-z0-9-]+`)
	tags          = regexp.MustCompile(`(?is)<(script|style)\b.*?</(script|style)>|<!--.*?-->|<[^>]*>`)
)

// readJSON takes what is known of an error as JSON, and reports whether it knew anything.
func (e *Error) readJSON(data []byte, messages *[]string) bool {
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
		return false
	}
	e.Type, e.TrackingKey = body.Type, hint.Printable(body.TrackingKey)
	if body.Message != "" {
		*messages = append(*messages, body.Message)
	}
	for _, inner := range body.Errors {
		e.Type = inner.Type
		if inner.Message != "" {
			*messages = append(*messages, inner.Message)
		}
	}
	return len(*messages) > 0
}

// minSecret is how long a token has to be to be looked for in a text, in bytes.
const minSecret = 8

// maxLine is how much of a foreign body is shown, in characters.
const maxLine = 200

// firstLine is the first line of a body that says something; of HTML, of its text.
func firstLine(data []byte, isHTML bool) string {
	text := string(data)
	var compact bytes.Buffer
	if json.Compact(&compact, data) == nil {
		text = compact.String()
	}
	if isHTML {
		text = html.UnescapeString(tags.ReplaceAllString(text, "\n"))
	}
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			if runes := []rune(line); len(runes) > maxLine {
				line = string(runes[:maxLine]) + "…"
			}
			return line
		}
	}
	return ""
}

func withoutQuery(u *url.URL) string {
	bare := *u
	bare.RawQuery = ""
	return bare.String()
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
