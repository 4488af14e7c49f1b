package transport

import (
	"net/http"
	"time"
)

// Named has base take proxies from the environment, and calls by its name what stands between this machine and a
// server: for clients with authorities and limits of their own, such as those of API servers.
func Named(base *http.Transport) http.RoundTripper {
	base.Proxy, base.OnProxyConnectResponse = http.ProxyFromEnvironment, answered
	return namer{base}
}

type namer struct{ *http.Transport }

func (n namer) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := n.Transport.RoundTrip(req)
	if err != nil {
		return nil, named(n.Proxy, req, err, time.Now())
	}
	return resp, nil // an https request's answer is never the proxy's own
}
