// Package kubeapi asks a Kubernetes API server for the few things that kubectl edge wants of one, as JSON.
//
// It is not client-go's typed clients, which register every kind that there is when a process starts, keep the keys of
// their TLS configurations in a cache for as long as it runs, follow redirects, read answers of any size, and do not
// show the Date of an answer.
package kubeapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-edge/kubectl-edge/pkg/transport"
)

const (
	// Timeout bounds one request, from dialling to the last byte of the answer.
	Timeout = 15 * time.Second
	// connectTimeout bounds dialling.
	connectTimeout = 5 * time.Second
	// handshakeTimeout bounds the TLS handshake, as client-go does: the server of a small site may have just started.
	handshakeTimeout = 10 * time.Second
	// maxBody is the most bytes of an answer that are read. A secret has 1 MiB at most, and lists of thousands of
	// edge clusters stay below it.
	maxBody = 32 << 20
)

// Client asks one API server, as one identity. It has to be closed.
type Client struct {
	server    *url.URL
	token     string
	userAgent string
	http      *http.Client
	header    http.Header
}

// Server is an API server, and the authorities that count for it.
type Server struct {
	URL string
	CA  []byte // PEM; empty means those of the system
}

// Identity is who asks: the certificate if there is one, else the token if there is one, else nobody.
type Identity struct {
	Certificate *tls.Certificate
	Token       string
}

// String hides what an identity is made of.
func (i Identity) String() string { return "identity of an API server's client" }

// GoString hides it from %#v.
func (i Identity) GoString() string { return i.String() }

// New returns a client with connections of its own. The userAgent says in the API server's audit log what asks.
func New(server Server, who Identity, userAgent string) (*Client, error) {
	u, err := url.Parse(server.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("the address of the API server is not an https URL")
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(server.CA) > 0 {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(server.CA) {
			return nil, errors.New("the API server's authorities are not PEM certificates")
		}
	}
	if who.Certificate != nil {
		// Not config.Certificates: a server that names other authorities would be sent none at all, and the caller be
		// taken for system:anonymous.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return who.Certificate, nil
		}
	}
	base := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSHandshakeTimeout: handshakeTimeout,
		TLSClientConfig:     config,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        4,
		IdleConnTimeout:     time.Minute,
	}
	return &Client{
		server: u, token: who.Token, userAgent: userAgent,
		http: &http.Client{
			Transport: transport.Named(base), Timeout: Timeout,
			// The credential goes nowhere else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// ForConfig is New for what a configuration of client-go says of server, authorities, certificate or token, User-Agent,
// and who attends the requests (WrapTransport). Whatever else it could say is not supported.
func ForConfig(config *rest.Config) (*Client, error) {
	who := Identity{Token: config.BearerToken}
	if len(config.CertData) > 0 {
		certificate, err := tls.X509KeyPair(config.CertData, config.KeyData)
		if err != nil {
			return nil, err
		}
		who = Identity{Certificate: &certificate}
	}
	client, err := New(Server{URL: config.Host, CA: config.CAData}, who, config.UserAgent)
	if err == nil && config.WrapTransport != nil {
		client.http.Transport = config.WrapTransport(client.http.Transport)
	}
	return client, err
}

// Close closes the connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// As returns a client that asks on behalf of somebody else, by impersonation. It shares the connections of c.
func (c *Client) As(user string, groups ...string) *Client {
	other := *c
	other.header = http.Header{"Impersonate-User": {user}, "Impersonate-Group": groups}
	return &other
}

// Call is one request.
type Call struct {
	Method string
	Path   []string // its segments, such as api, v1, namespaces, default, secrets, berlin-kubeconfig
	Query  url.Values
	Body   any // an object, or nil
	// Patch is the content type of Body, for a PATCH.
	Patch string
}

// Do sends the call, and decodes the answer into out unless that is nil. The time is that of the answer's Date, by the
// server's clock; it is zero without one. An answer that says no is an error of package apierrors.
func (c *Client) Do(ctx context.Context, call Call, out any) (time.Time, error) {
	var body io.Reader
	if call.Body != nil {
		data, err := json.Marshal(call.Body)
		if err != nil {
			return time.Time{}, fmt.Errorf("encode %T: %w", call.Body, err)
		}
		body = bytes.NewReader(data)
	}
	u := *c.server
	u.Path, u.RawPath, u.RawQuery = strings.TrimRight(u.Path, "/"), "", call.Query.Encode()
	target := u.JoinPath(escaped(call.Path)...)
	req, err := http.NewRequestWithContext(ctx, call.Method, target.String(), body)
	if err != nil {
		return time.Time{}, err
	}
	for name, values := range c.header {
		req.Header[name] = values
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if call.Patch != "" {
		req.Header.Set("Content-Type", call.Patch)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return time.Time{}, Unreachable(u.Host, err)
	}
	defer resp.Body.Close()
	date, _ := http.ParseTime(resp.Header.Get("Date"))
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		return date, Unreachable(u.Host, err)
	case len(data) > maxBody:
		return date, fmt.Errorf("%s: the answer is larger than %d MiB", u.Host, maxBody>>20)
	case resp.StatusCode < 200 || resp.StatusCode >= 300:
		return date, c.statusError(resp, data)
	case out == nil:
		return date, nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return date, fmt.Errorf("%s: the answer is not the JSON of an API server", u.Host)
	}
	return date, nil
}

func escaped(segments []string) []string {
	all := make([]string, 0, len(segments))
	for _, s := range segments {
		all = append(all, url.PathEscape(s))
	}
	return all
}

// maxMessage is the most bytes that are shown of what a server says.
const maxMessage = 2 << 10

// statusError is the error of an answer that says no. A proxy in between does not answer with a Status of Kubernetes.
// What is said is shown and remembered, so that it is cut, and has no token in it: a server or proxy that shows what it
// was sent, as some do for debugging, would have the token written down.
func (c *Client) statusError(resp *http.Response, data []byte) error {
	var status metav1.Status
	if json.Unmarshal(data, &status) == nil && status.Kind == "Status" && status.Code != 0 {
		if c.token != "" {
			status.Message = strings.ReplaceAll(status.Message, c.token, "(token)")
		}
		if len(status.Message) > maxMessage {
			status.Message = strings.ToValidUTF8(status.Message[:maxMessage], "") + "…"
		}
		return &apierrors.StatusError{ErrStatus: status}
	}
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: int32(resp.StatusCode),
		Message: fmt.Sprintf("%s answered %d %s", c.server.Host, resp.StatusCode, http.StatusText(resp.StatusCode)),
	}} // package apierrors goes by the code where there is no reason
}
