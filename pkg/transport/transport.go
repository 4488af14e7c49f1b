// Package transport makes the HTTP client that talks to STACKIT and StackState: trusted roots, proxies, time limits, and
// redirects that never take a credential to another host.
package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

// DefaultTimeout bounds one request, from dialling to the last byte of the answer, if Options name no other time.
const DefaultTimeout = 30 * time.Second

// connectTimeout bounds dialling and, again, the TLS handshake: an unreachable host is known well before DefaultTimeout.
const connectTimeout = 10 * time.Second

// Options say whom to trust and how to appear. The zero value trusts the system's roots.
type Options struct {
	CAFile             string        // PEM certificates to trust besides the system's
	CAData             []byte        // likewise, given directly
	InsecureSkipVerify bool          // accept any certificate
	UserAgent          string        // sent with each request; "" leaves what the caller set
	Timeout            time.Duration // of one request; 0 means DefaultTimeout
}

// NewClient returns a client of its own, sharing nothing with http.DefaultClient. It speaks TLS 1.2 or later, takes proxies
// from HTTPS_PROXY, HTTP_PROXY and NO_PROXY, reads no more than MaxBody bytes of an answer, and ends a redirect to another
// host or from https to http with a RedirectError.
func NewClient(o Options) (*http.Client, error) {
	roots, err := roots(o)
	if err != nil {
		return nil, err
	}
	timeout := o.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	return &http.Client{
		Transport: &roundTripper{
			userAgent: o.UserAgent,
			base: &http.Transport{
				Proxy:                 http.ProxyFromEnvironment,
				DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
				TLSHandshakeTimeout:   connectTimeout,
				ResponseHeaderTimeout: timeout,
				IdleConnTimeout:       90 * time.Second,
				MaxIdleConns:          16,
				ForceAttemptHTTP2:     true, // a TLSClientConfig of one's own would otherwise end HTTP/2
				TLSClientConfig: &tls.Config{
					MinVersion:         tls.VersionTLS12,
					RootCAs:            roots,
					InsecureSkipVerify: o.InsecureSkipVerify,
				},
			},
		},
		CheckRedirect: checkRedirect,
		Timeout:       timeout,
	}, nil
}

// roots returns nil, the system's roots read at the first handshake, unless Options add to them.
func roots(o Options) (*x509.CertPool, error) {
	if o.CAFile == "" && len(o.CAData) == 0 {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("read the system's CA certificates: %w", err)
	}
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read CA certificates: %w", err)
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read CA certificates: %s holds no PEM certificate", o.CAFile)
		}
	}
	if len(o.CAData) > 0 && !pool.AppendCertsFromPEM(o.CAData) {
		return nil, errors.New("read CA certificates: the data holds no PEM certificate")
	}
	return pool, nil
}

// roundTripper names the program and bounds the answer's body.
type roundTripper struct {
	base      *http.Transport
	userAgent string
}

func (t *roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.userAgent != "" {
		req = req.Clone(req.Context()) // a RoundTripper must not change the request it is given
		req.Header.Set("User-Agent", t.userAgent)
	}
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = &limitedBody{ReadCloser: resp.Body, left: MaxBody}
	return resp, nil
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (t *roundTripper) CloseIdleConnections() { t.base.CloseIdleConnections() }
