package transport

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// What stands between this machine and a server, and what is wrong with this machine's clock, is called by its name
// here: net/http says "Proxy Authentication Required" or "x509: certificate has expired" of the server.

// proxyError is that the proxy on the way to a host could not be used.
type proxyError struct {
	Proxy, Host string // without what logs in at the proxy
	Status      string // its answer, such as "407 Proxy Authentication Required"; "" where none came
	Err         error  // that it could not be reached with
}

func (e *proxyError) Error() string {
	if e.Status != "" {
		return fmt.Sprintf("the proxy %s does not connect to %s: it answered %s", e.Proxy, e.Host, e.Status)
	}
	return fmt.Sprintf("the proxy %s cannot be reached: %v", e.Proxy, e.Err)
}

func (e *proxyError) Unwrap() error { return e.Err }

// hinted adds what to do about the proxy.
func (e *proxyError) hinted() error {
	name, _, err := net.SplitHostPort(e.Host)
	if err != nil {
		name = e.Host
	}
	if strings.HasPrefix(e.Status, "407") {
		return hint.Wrap(e, "give the proxy what it asks for: set HTTPS_PROXY to http://USER:PASSWORD@%s", e.Proxy)
	}
	return hint.Wrap(e, "check HTTPS_PROXY; NO_PROXY=%s goes without the proxy", name)
}

// answered is the error of a proxy's answer to CONNECT, or nil.
func answered(_ context.Context, proxy *url.URL, connect *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return (&proxyError{Proxy: proxy.Host, Host: connect.Host, Status: answer.Status}).hinted()
}

// refusedBy is the error of an answer that is the proxy's, where the request went through it as it is, or nil.
func refusedBy(proxy func(*http.Request) (*url.URL, error), req *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusProxyAuthRequired {
		return nil
	}
	u, err := proxy(req)
	if err != nil || u == nil {
		return nil
	}
	return (&proxyError{Proxy: u.Host, Host: req.URL.Host, Status: answer.Status}).hinted()
}

// certificateError is a server's certificate that was refused for a reason that is mostly not the server's.
type certificateError struct {
	text string
	err  error
}

func (e *certificateError) Error() string { return e.text }

func (e *certificateError) Unwrap() error { return e.err }

// named calls by its name what is behind err, with which a request got no answer.
func named(proxy func(*http.Request) (*url.URL, error), req *http.Request, err error, now time.Time) error {
	u, proxyErr := proxy(req)
	if proxyErr != nil { // its text has the whole variable, with the password
		return hint.Wrap(errors.New("what HTTPS_PROXY or HTTP_PROXY names is not the address of a proxy"),
			"set HTTPS_PROXY to http://HOST:PORT, with USER:PASSWORD@ before HOST if it wants them")
	}
	// net/http's word for all that fails between us and the proxy.
	if failed, ok := errors.AsType[*net.OpError](err); ok && failed.Op == "proxyconnect" && u != nil {
		return (&proxyError{Proxy: u.Host, Host: req.URL.Host, Err: failed.Err}).hinted()
	}
	if other, ok := errors.AsType[x509.HostnameError](err); ok && other.Certificate != nil {
		return hint.Wrap(&certificateError{fmt.Sprintf("who answers as %s shows a certificate of another name: %s",
			req.URL.Hostname(), strings.Join(names(other.Certificate), ", ")), err},
			"the sign-in page of a network (captive portal) or a proxy may answer: open a web page in a browser")
	}
	if bad, ok := errors.AsType[x509.CertificateInvalidError](err); ok && bad.Reason == x509.Expired &&
		bad.Cert != nil {
		said := fmt.Sprintf("begins at %s", bad.Cert.NotBefore.UTC().Format(time.RFC3339))
		if now.After(bad.Cert.NotAfter) {
			said = fmt.Sprintf("ended at %s", bad.Cert.NotAfter.UTC().Format(time.RFC3339))
		}
		whose := "the certificate of "
		if bad.Cert.IsCA {
			whose = "the authority that signed the certificate of "
		}
		return hint.Wrap(&certificateError{fmt.Sprintf("%s%s %s, and by this machine's clock it is %s", whose,
			req.URL.Hostname(), said, now.UTC().Format(time.RFC3339)), err}, "set this machine's clock, if it is wrong")
	}
	return err
}

// names are those that a certificate is for.
func names(c *x509.Certificate) []string {
	const few = 3
	all := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		all = []string{c.Subject.CommonName}
	}
	if len(all) > few {
		all = append(all[:few], "…")
	}
	for i := range all {
		all[i] = hint.Printable(all[i])
	}
	return all
}

// maxSkew is how far two clocks may differ before that explains a refusal.
const maxSkew = time.Minute

// Date is the time of an answer by the server's clock, or zero where it does not say.
func Date(header http.Header) time.Time {
	at, _ := http.ParseTime(header.Get("Date"))
	return at
}

// Skew says how far this machine's clock is from the server's, or "" where they agree or the server's is not known: a
// server refuses what by its own clock has not begun, or has ended.
func Skew(server, now time.Time) string {
	skew := now.Sub(server).Round(time.Second)
	switch {
	case server.IsZero() || skew.Abs() <= maxSkew:
		return ""
	case skew > 0:
		return fmt.Sprintf("this machine's clock is %s ahead of the server's", skew)
	}
	return fmt.Sprintf("this machine's clock is %s behind the server's", -skew)
}
