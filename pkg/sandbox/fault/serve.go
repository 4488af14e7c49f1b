package fault

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"time"
)

// maxBody bounds what is read of a request.
const maxBody = 16 << 20

// ServeHTTP answers a request, or fails it.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, cleared := h.take(r)
	if f == nil {
		h.next.ServeHTTP(w, r)
		return
	}
	// Read first: a server notices that a client has gone only once it has the whole body.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "request body: "+err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if f.CarriedOut {
		h.next.ServeHTTP(discard{}, r)
		if f.Done != nil {
			f.Done()
		}
	}
	if f.Delay > 0 || f.Hang {
		f.wait(r, cleared)
	}
	if !f.Hang && !f.Cut && !f.CarriedOut && f.Status == 0 {
		for k, v := range f.Header {
			w.Header().Set(k, v)
		}
		h.next.ServeHTTP(w, r)
		return
	}
	f.answer(w)
}

// answer ends the request in the way of the fault.
func (f *Fault) answer(w http.ResponseWriter) {
	if f.Hang || f.Status == 0 {
		panic(http.ErrAbortHandler)
	}
	if f.ContentType != "" {
		w.Header().Set("Content-Type", f.ContentType)
	}
	for k, v := range f.Header {
		w.Header().Set(k, v)
	}
	if f.Cut {
		w.Header().Set("Content-Length", strconv.Itoa(len(f.Body)+1))
	}
	w.WriteHeader(f.Status)
	_, _ = io.WriteString(w, f.Body) // the client went away
	if f.Cut {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// wait waits for Delay, or without end with Hang, unless the client goes away or the fault is cleared.
func (f *Fault) wait(r *http.Request, cleared <-chan struct{}) {
	var after <-chan time.Time
	if !f.Hang {
		t := time.NewTimer(time.Duration(f.Delay))
		defer t.Stop()
		after = t.C
	}
	select {
	case <-after:
	case <-cleared:
	case <-r.Context().Done():
	}
}

// discard is a ResponseWriter for answers that get lost.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}
