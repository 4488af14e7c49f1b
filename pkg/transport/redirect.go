package transport

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// RedirectError is a redirect that was not followed, because the request's credentials belong to the first host alone.
type RedirectError struct {
	From, To string // scheme and host
}

func (e *RedirectError) Error() string {
	return fmt.Sprintf("redirect from %s to %s refused: credentials are not passed on to another host or to plain http",
		e.From, e.To)
}

// checkRedirect is stricter than net/http, which drops Authorization for a foreign host but keeps it for a subdomain
// and another port, and does not know headers such as X-API-Key at all.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	if hostPort(req.URL) != hostPort(first) || first.Scheme == "https" && req.URL.Scheme != "https" {
		return &RedirectError{From: origin(first), To: origin(req.URL)}
	}
	if len(via) >= 10 {
		return errors.New("stopped after 10 redirects")
	}
	return nil
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
