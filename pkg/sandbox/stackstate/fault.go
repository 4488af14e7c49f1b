package stackstate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// FaultKind is a way in which a server, or what stands before it, can fail.
type FaultKind string

// The faults that can be injected.
const (
	FaultHTML         FaultKind = "html-401"       // a proxy's login page: 401 as text/html
	FaultUnauthorized FaultKind = "unauthorized"   // 401 with the generic body; for a path, a token that died on the way
	FaultInternal     FaultKind = "internal-error" // 500 with the generic body
	FaultOldVersion   FaultKind = "old-version"    // /server/info says 5.0.0-dev
	FaultSlow         FaultKind = "slow"           // the answer waits for DelayMillis, or for the client to give up
	FaultCut          FaultKind = "cut"            // the connection ends in the middle of an answer; nothing was done
	FaultLostAnswer   FaultKind = "lost-answer"    // the request is carried out, then the connection ends
	FaultHang         FaultKind = "hang"           // the request is carried out, and never answered
)

// Fault says which requests fail, and how.
type Fault struct {
	Kind        FaultKind `json:"kind"`
	Method      string    `json:"method,omitempty"`      // "" means every method
	Path        string    `json:"path,omitempty"`        // a prefix; "" means every path
	After       int       `json:"after,omitempty"`       // so many matching requests are spared first
	Times       int       `json:"times,omitempty"`       // so many are hit, then no more; 0 means all
	DelayMillis int       `json:"delayMillis,omitempty"` // for slow; 0 waits until the client gives up
	Done        func()    `json:"-"`                     // for hang: called, if not nil, when the request was carried out
}

// FaultsPath is where a Faults takes orders: GET lists the faults, PUT replaces them by a JSON array, DELETE ends them.
const FaultsPath = "/sandbox/faults"

// Faults is a handler that stands before a Server and lets requests fail.
type Faults struct {
	next http.Handler

	mu     sync.Mutex
	faults []*Fault
}

// NewFaults returns a handler that passes everything on to next until faults are set.
func NewFaults(next http.Handler) *Faults { return &Faults{next: next} }

// Set replaces the faults; with none, all requests succeed again.
func (f *Faults) Set(faults ...Fault) error {
	var set []*Fault
	for _, fault := range faults {
		switch fault.Kind {
		case FaultHTML, FaultUnauthorized, FaultInternal, FaultOldVersion, FaultSlow, FaultCut, FaultLostAnswer, FaultHang:
			set = append(set, &fault)
		default:
			return fmt.Errorf("unknown fault %q", fault.Kind)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = set
	return nil
}

// match returns the first fault that hits r, and counts it.
func (f *Faults) match(r *http.Request) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, fault := range f.faults {
		if fault.Method != "" && fault.Method != r.Method || !strings.HasPrefix(r.URL.Path, fault.Path) {
			continue
		}
		if fault.After > 0 {
			fault.After--
			continue
		}
		hit := *fault
		if fault.Times > 0 {
			if fault.Times--; fault.Times == 0 {
				f.faults = append(f.faults[:i:i], f.faults[i+1:]...)
			}
		}
		return hit, true
	}
	return Fault{}, false
}

// ServeHTTP answers r, or fails it.
func (f *Faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == FaultsPath {
		f.control(w, r)
		return
	}
	fault, ok := f.match(r)
	if !ok {
		f.next.ServeHTTP(w, r)
		return
	}
	// The server notices that a client has gone only once the request's body has been read.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch fault.Kind {
	case FaultHTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>")
	case FaultUnauthorized:
		writeError(w, unauthorized(), time.Now())
	case FaultInternal:
		writeError(w, fmt.Errorf("the database is not available"), time.Now())
	case FaultOldVersion:
		if strings.HasSuffix(r.URL.Path, "/server/info") {
			_ = writeJSON(w, serverInfo{serverVersion{Major: 5, IsDev: true}, "SelfHosted", "", []string{"Observability"}})
			return
		}
		f.next.ServeHTTP(w, r)
	case FaultSlow:
		var timeout <-chan time.Time
		if fault.DelayMillis > 0 {
			timeout = time.After(time.Duration(fault.DelayMillis) * time.Millisecond)
		}
		select {
		case <-timeout:
			f.next.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	case FaultCut:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, `[{"name":`)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case FaultLostAnswer:
		f.next.ServeHTTP(discard{}, r)
		panic(http.ErrAbortHandler)
	case FaultHang:
		f.next.ServeHTTP(discard{}, r)
		if fault.Done != nil {
			fault.Done()
		}
		<-r.Context().Done()
	}
}

func (f *Faults) control(w http.ResponseWriter, r *http.Request) {
	var faults []Fault
	switch r.Method {
	case http.MethodGet:
	case http.MethodPut, http.MethodDelete:
		if r.Method == http.MethodPut {
			if err := readJSON(w, r, &faults); err != nil {
				writeError(w, err, time.Now())
				return
			}
		}
		if err := f.Set(faults...); err != nil {
			writeError(w, badRequest("%v", err), time.Now())
			return
		}
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(append([]*Fault{}, f.faults...))
}

// discard is a ResponseWriter for answers that get lost.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}
