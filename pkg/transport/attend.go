package transport

import (
	"io"
	"net/http"
	"sync"
)

// Attend calls begin with the host of each request of client, and what that returns once the whole answer has come, or
// nobody reads on.
func Attend(client *http.Client, begin func(host string) (end func())) {
	client.Transport = Attended(client.Transport, begin)
}

// Attended is next with begin called for each request: see Attend.
func Attended(next http.RoundTripper, begin func(host string) (end func())) http.RoundTripper {
	return attended{next, begin}
}

type attended struct {
	next  http.RoundTripper
	begin func(host string) (end func())
}

func (a attended) RoundTrip(r *http.Request) (*http.Response, error) {
	end := sync.OnceFunc(a.begin(r.URL.Host))
	response, err := a.next.RoundTrip(r)
	// The body of an upgraded connection is written to as well, and is no answer that could be waited for.
	if err != nil || response.Body == nil || response.StatusCode == http.StatusSwitchingProtocols {
		end()
		return response, err
	}
	response.Body = attendedBody{response.Body, end}
	return response, nil
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (a attended) CloseIdleConnections() {
	if next, ok := a.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

// attendedBody is the body of an answer that is waited for: a server may send its headers and then nothing, or one
// byte a second.
type attendedBody struct {
	io.ReadCloser
	end func()
}

func (b attendedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil { // also io.EOF
		b.end()
	}
	return n, err
}

func (b attendedBody) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}
