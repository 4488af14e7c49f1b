package transport

import (
	"io"
	"net/http"
	"sync"
)

// heldBody is the body of a request that may have to be sent again: it stays open until it is known that it need not,
// and knows whether anything of it was read. A nil heldBody is that of a request without one.
type heldBody struct {
	body io.ReadCloser

	mu                     sync.Mutex
	read, closed, released bool
}

// hold returns req with its body held.
func hold(req *http.Request) (*http.Request, *heldBody) {
	if req.Body == nil || req.Body == http.NoBody {
		return req, nil
	}
	held := &heldBody{body: req.Body}
	first := req.Clone(req.Context())
	first.Body = held
	return first, held
}

func (h *heldBody) Read(p []byte) (int, error) {
	h.mu.Lock()
	h.read = true
	h.mu.Unlock()
	return h.body.Read(p)
}

// Close leaves the body open while it is held.
func (h *heldBody) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	if !h.released {
		return nil
	}
	return h.body.Close()
}

// untouched reports whether the request can be sent again with the body that it had.
func (h *heldBody) untouched() bool {
	if h == nil {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.read
}

// release has the body closed, now or when it is no longer used.
func (h *heldBody) release() {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.released = true
	if h.closed {
		_ = h.body.Close() // the request has its outcome already
	}
}
