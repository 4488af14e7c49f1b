package transport

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// roundTrip is a function that answers requests.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestAttendedBody: an answer is waited for until its last byte, or until nobody reads on, and each wait ends once.
func TestAttendedBody(t *testing.T) {
	broken := errors.New("broken off")
	for name, c := range map[string]struct {
		status int
		body   io.Reader
		err    error
		early  int // how many waits end with the headers
		read   bool
	}{
		"read":     {status: 200, body: strings.NewReader("{}"), read: true},
		"left":     {status: 200, body: strings.NewReader("{}")},
		"broken":   {status: 200, body: io.MultiReader(strings.NewReader("{"), failing{broken}), read: true},
		"upgraded": {status: 101, body: strings.NewReader(""), early: 1},
		"failed":   {err: broken, early: 1},
	} {
		t.Run(name, func(t *testing.T) {
			var host string
			ended := 0
			next := roundTrip(func(*http.Request) (*http.Response, error) {
				if c.err != nil {
					return nil, c.err
				}
				return &http.Response{StatusCode: c.status, Body: io.NopCloser(c.body)}, nil
			})
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://edge.example:1/", nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := Attended(next, func(of string) func() {
				host = of
				return func() { ended++ }
			}).RoundTrip(request)
			if !errors.Is(err, c.err) || host != "edge.example:1" || ended != c.early {
				t.Fatalf("got %v, host %q, %d ended with the headers, want %v and %d", err, host, ended, c.err, c.early)
			}
			if err != nil {
				return
			}
			if c.read {
				if _, _ = io.ReadAll(response.Body); ended != 1 {
					t.Errorf("%d ended with the last byte, want 1", ended)
				}
			}
			if err := response.Body.Close(); err != nil || ended != 1 {
				t.Errorf("%v, %d ended in the end, want 1", err, ended)
			}
		})
	}
}

// failing is what cannot be read.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
