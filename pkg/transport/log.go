package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Log has client log its requests on out, each by its address and outcome: no queries, headers or bodies, any of which
// may hold a secret.
func Log(client *http.Client, out io.Writer, now func() time.Time) {
	client.Transport = requestLog{client.Transport, out, now}
}

type requestLog struct {
	next http.RoundTripper
	out  io.Writer
	now  func() time.Time
}

func (l requestLog) RoundTrip(r *http.Request) (*http.Response, error) {
	start := l.now()
	response, err := l.next.RoundTrip(r)
	outcome := "failed"
	if err == nil {
		outcome = response.Status
	} else if errors.Is(err, context.Canceled) {
		outcome = "interrupted"
	}
	fmt.Fprintf(l.out, "%s %s://%s%s: %s in %s\n", r.Method, r.URL.Scheme, r.URL.Host, r.URL.EscapedPath(), outcome,
		l.now().Sub(start).Round(time.Millisecond))
	return response, err
}
