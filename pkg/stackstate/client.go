// Package stackstate is a client of the API of StackState, today SUSE Observability: who may connect, service tokens,
// and tokens that are minted for a while.
package stackstate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// DefaultAPIPath is where the API lies below a server's URL.
const DefaultAPIPath = "/api"

// Options say which server to talk to, and as whom.
type Options struct {
	URL        string // of the instance, as its UI is opened: http or https, without user information
	APIPath    string // DefaultAPIPath when empty
	Credential Credential
	HTTP       *http.Client
}

// Client talks to one server with one credential.
type Client struct {
	base       *url.URL
	apiPath    string
	credential Credential
	http       *http.Client
}

// New returns a client; it sends nothing yet.
func New(o Options) (*Client, error) {
	base, err := ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	if err := o.Credential.Validate(); err != nil {
		return nil, err
	}
	if o.APIPath == "" {
		o.APIPath = DefaultAPIPath
	}
	return &Client{base, joined(o.APIPath), o.Credential, o.HTTP}, nil
}

// joined is a path with one slash before each part, and none at the end: "/" is "".
func joined(path string) string {
	text := ""
	for part := range strings.SplitSeq(path, "/") {
		if part != "" {
			text += "/" + part
		}
	}
	return text
}

// ParseURL checks the URL of a server and drops trailing slashes.
func ParseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(raw, "/"))
	switch {
	case err != nil:
		return nil, errors.New("the URL of StackState cannot be parsed") // its text may hold a password
	case u.User != nil:
		return nil, errors.New("the URL of StackState must not hold a user name or password")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, fmt.Errorf("the URL of StackState must start with http:// or https://, not %q", raw)
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("the URL of StackState must have no query and no fragment: %q", raw)
	}
	return u, nil
}

// APIURL is the base of the API, for messages.
func (c *Client) APIURL() string { return c.base.String() + c.apiPath }

// Do sends a request for path, which begins with a slash and counts from the server's URL, so that the API is at
// /api/…, and returns whatever is answered. The answer's body is the caller's to close. A service token is sent in this
// form of header.
func (c *Client) Do(ctx context.Context, method, path string, body io.Reader, form HeaderForm) (*http.Response, error) {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return nil, fmt.Errorf("%q is not a path on the server, such as /api/server/status", path)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base.String()+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	c.credential.set(req.Header, form)
	return c.http.Do(req)
}

// call sends in, if it is not nil, to a path below the API and decodes the answer into out, if that is not nil.
func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	resp, data, err := c.send(ctx, method, path, in)
	if err != nil || out == nil {
		return err
	}
	if json.Unmarshal(data, out) == nil { // whatever its Content-Type says
		return nil
	}
	return c.unexpected(resp, data)
}

// send sends in, if it is not nil, to a path below the API, and returns an answer of success. As for the real client
// that is any 2xx: a 201 in place of a 200 must not cost a token that is shown once. Any other answer is an *Error.
func (c *Client) send(ctx context.Context, method, path string, in any) (*http.Response, []byte, error) {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return nil, nil, err
		}
		body = bytes.NewReader(data)
	}
	resp, err := c.Do(ctx, method, c.apiPath+path, body, APIKeyHeader)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		// The status is said even if the body was cut off.
		data, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
		return nil, nil, c.NewError(resp, data)
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, nil, fmt.Errorf("%s %s: read the answer: %w", method, c.APIURL()+path, err)
	}
	if mediaType(resp.Header) == "text/html" { // a login page with 200 has carried out nothing
		return nil, nil, c.NewError(resp, data)
	}
	return resp, data, nil
}

// unexpected is the error for an answer of success in a form that is not known. It does not quote JSON, which may hold
// a token.
func (c *Client) unexpected(resp *http.Response, data []byte) error {
	if !isJSON(resp.Header) && len(data) > 0 {
		return c.NewError(resp, data)
	}
	return fmt.Errorf("%s %s: the answer is not the JSON that was expected",
		resp.Request.Method,
		withoutQuery(resp.Request.URL))
}

func isJSON(h http.Header) bool {
	kind := mediaType(h)
	return kind == "application/json" || strings.HasSuffix(kind, "+json")
}

func mediaType(h http.Header) string {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}
