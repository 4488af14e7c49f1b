package stackit

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubectl-edge/kubectl-edge/pkg/backoff"
)

// What is repeated, and how often, is decided here for all requests:
//   - reads, after what passes by itself;
//   - polls, by those who wait (wait.go);
//   - mints, after a refusal alone (patience.go), since after anything else a token may exist;
//   - everything, once, with a renewed token after a 401 (stackit.go).
//
// A person waits: a Retry-After that is longer than maxPause is reported, not slept through.
const (
	maxAttempts = 3
	maxPause    = 5 * time.Second
)

// readPauses are those between the attempts of a read.
var readPauses = wait.Backoff{Duration: 250 * time.Millisecond, Factor: 2, Steps: maxAttempts}

// retry reports whether a request that failed with err is sent again, and after what pause.
func retry(k kind, attempt int, err error) (time.Duration, bool) {
	if k != read || attempt >= maxAttempts || !temporary(err) {
		return 0, false
	}
	pause := max(backoff.After(readPauses, attempt), askedPause(err))
	return pause, pause <= maxPause
}

// temporary reports whether the same request may well succeed a little later. A time-out is not: it was long enough.
func temporary(err error) bool {
	if hasStatus(err, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable,
		http.StatusGatewayTimeout) {
		return true
	}
	var network *networkError
	return errors.As(err, &network) && lost(network.err)
}

// lost reports whether the connection, or with HTTP/2 what it carried of this request, ended before the answer did.
func lost(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		brokenOff(err)
}

// brokenOff reports whether the server ended the HTTP/2 stream or the connection before the answer was whole.
func brokenOff(err error) bool {
	var reset streamError
	return errors.As(err, &reset) ||
		strings.Contains(err.Error(), "http2: server sent GOAWAY") // of no type that net/http exports
}

// streamError is what net/http says of an HTTP/2 stream that the server reset: it fills in any error of these fields,
// see its h2_error.go, so that golang.org/x/net/http2 need not be linked as well.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e streamError) Error() string {
	return fmt.Sprintf("HTTP/2 stream %d: error %d", e.StreamID, e.Code)
}

// askedPause is the Retry-After of the answer, or 0.
func askedPause(err error) time.Duration {
	var api *APIError
	if errors.As(err, &api) {
		return api.RetryAfter
	}
	return 0
}

// retryAfter reads the header in both forms of RFC 9110 §10.2.3, seconds and a date; 0 if it is neither or past.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now).Round(time.Second))
	}
	return 0
}
