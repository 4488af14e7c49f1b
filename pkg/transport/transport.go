// Package transport makes the HTTP client that talks to STACKIT and StackState: trusted roots, proxies, time limits,
// and redirects that never take a credential to another host.
package transport

import (
	"cmp"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// DefaultTimeout bounds one request, from dialling to the last byte of the answer, if Options name no other time.
const DefaultTimeout = 30 * time.Second

// ConnectTimeout bounds dialling and, again, the TLS handshake: an unreachable host is known well before
// DefaultTimeout.
const ConnectTimeout = 10 * time.Second

// Options say whom to trust and how to appear. The zero value trusts the system's roots.
type Options struct {
	CAFile             string        // PEM certificates to trust besides the system's
	CAData             []byte        // the same, given directly
	Bundle             *Bundle       // of the system's, which several clients may share; nil is one of its own
	InsecureSkipVerify bool          // accept any certificate
	UserAgent          string        // sent with each request; "" leaves what the caller set
	Timeout            time.Duration // of one request; 0 means DefaultTimeout
}

// NewClient returns a client of its own, sharing nothing with http.DefaultClient. It speaks TLS 1.2 or later, takes
// proxies from HTTPS_PROXY, HTTP_PROXY and NO_PROXY, reads no more than 32 MiB of an answer, and ends a redirect
// to another host or from https to http with a RedirectError.
func NewClient(o Options) (*http.Client, error) {
	trusted, err := newAuthorities(o)
	if err != nil {
		return nil, err
	}
	timeout := cmp.Or(o.Timeout, DefaultTimeout)
	return &http.Client{
		Transport: &roundTripper{userAgent: o.UserAgent, timeout: timeout, insecure: o.InsecureSkipVerify,
			trusted: trusted, proxy: http.ProxyFromEnvironment},
		CheckRedirect: checkRedirect,
		Timeout:       timeout,
	}, nil
}

func (t *roundTripper) newTransport(config *tls.Config) *http.Transport {
	config.MinVersion = tls.VersionTLS12
	return &http.Transport{
		Proxy: t.proxy, OnProxyConnectResponse: answered,
		DialContext:           (&net.Dialer{Timeout: ConnectTimeout}).DialContext,
		TLSHandshakeTimeout:   ConnectTimeout,
		ResponseHeaderTimeout: t.timeout,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConns:          16,
		ForceAttemptHTTP2:     true, // a TLSClientConfig of one's own would otherwise end HTTP/2
		TLSClientConfig:       config,
	}
}

// roundTripper names the program, bounds the answer's body, and reads the authorities that it takes.
type roundTripper struct {
	userAgent string
	timeout   time.Duration
	insecure  bool
	trusted   authorities
	proxy     func(*http.Request) (*url.URL, error)

	mu   sync.Mutex
	base *http.Transport // nil before the first request
	all  bool            // base trusts all authorities of the system
}

func (t *roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.userAgent != "" {
		req = req.Clone(req.Context()) // a RoundTripper must not change the request it is given
		req.Header.Set("User-Agent", t.userAgent)
	}
	resp, err := t.send(req)
	if err != nil {
		return nil, named(t.proxy, req, err, time.Now())
	}
	if err := refusedBy(t.proxy, req, resp); err != nil {
		_ = resp.Body.Close() // the proxy's
		return nil, err
	}
	resp.Body = &limitedBody{ReadCloser: resp.Body, left: maxBody}
	return resp, nil
}

// send tries the system's bundle first, and all authorities where the server's is not in there: somebody may have put
// theirs into the folder alone. A server that was not trusted was sent nothing, so the request can be sent again, also
// one that must not be repeated: a mint has a body for that very reason (see pkg/stackit), and to read all authorities
// at once for it took half of a miss.
func (t *roundTripper) send(req *http.Request) (*http.Response, error) {
	base, all, err := t.transport(req.URL.Scheme != "https")
	if err != nil {
		return nil, err
	}
	if all {
		return base.RoundTrip(req)
	}
	first, body := hold(req)
	resp, err := base.RoundTrip(first)
	if !errors.As(err, new(*tls.CertificateVerificationError)) || !body.untouched() {
		body.release()
		return resp, err
	}
	if base, _, err = t.transport(true); err != nil {
		body.release()
		return nil, err
	}
	return base.RoundTrip(req)
}

// transport returns what sends requests, made when it is first needed, and whether it trusts all authorities of the
// system; with all it does.
func (t *roundTripper) transport(all bool) (*http.Transport, bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.base != nil && (t.all || !all) {
		return t.base, t.all, nil
	}
	config := &tls.Config{InsecureSkipVerify: t.insecure}
	all = all || t.insecure // which looks at none
	if !all {
		config.RootCAs = t.trusted.bundle.with(t.trusted.extra)
		all = config.RootCAs == nil
	}
	if all && !t.insecure {
		var err error
		if config.RootCAs, err = t.trusted.all(); err != nil {
			return nil, false, err
		}
	}
	if t.base != nil {
		t.base.CloseIdleConnections()
	}
	t.base, t.all = t.newTransport(config), all
	return t.base, t.all, nil
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (t *roundTripper) CloseIdleConnections() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.base != nil {
		t.base.CloseIdleConnections()
	}
}
