// Package fault makes requests fail the way gateways, networks and servers do: one handler and one vocabulary for every
// API of the sandbox.
package fault

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Duration is a time.Duration that reads and writes like "90s" in JSON.
type Duration time.Duration

// MarshalText writes d as time.Duration's String does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// Fault says which requests fail, and how.
type Fault struct {
	// Method and Path select requests. An empty Method is any. A Path ending in "/" is a prefix, else a path.Match
	// pattern; empty is any. Both are compared with what the client sent, "/edge/v1beta1/…" for one.
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
	// Token, if set, selects the requests with this bearer token.
	Token string `json:"token,omitempty"`
	// Preset fills in what servers are known to answer (see Presets). Fields given beside it win.
	Preset string `json:"preset,omitempty"`
	// After lets that many requests pass first; Times is how many then fail, 0 for all.
	After int `json:"after,omitempty"`
	Times int `json:"times,omitempty"`
	// Delay is waited before the answer, in the machine's time. With nothing else set the real answer follows, with
	// Header if there is one.
	Delay Duration `json:"delay,omitempty"`
	// CarriedOut does what the request asks for before it fails: only the answer is lost.
	CarriedOut bool `json:"carriedOut,omitempty"`
	// Hang never answers. It ends when the client goes away or the fault is cleared.
	Hang bool `json:"hang,omitempty"`
	// Cut closes the connection: before the answer when Status is 0, else in the middle of the body. With HTTP/2 it
	// resets the stream instead.
	Cut         bool              `json:"cut,omitempty"`
	Status      int               `json:"status,omitempty"`
	ContentType string            `json:"contentType,omitempty"`
	Header      map[string]string `json:"header,omitempty"`
	Body        string            `json:"body,omitempty"`
	// Done, if set, is called when the request of a CarriedOut fault was carried out.
	Done func() `json:"-"`
}

// Handler stands before another and lets requests fail.
type Handler struct {
	next     http.Handler
	dialects []dialect

	mu     sync.Mutex
	faults []*active
}

// dialect is how one API says what presets name.
type dialect struct {
	prefix  string
	presets map[string]Fault
}

// active is a fault in force.
type active struct {
	Fault
	seen    int
	cleared chan struct{}
}

// New returns a handler that passes everything on to next until faults are injected.
func New(next http.Handler) *Handler { return &Handler{next: next} }

// AddPresets adds presets for the API below a path, or replaces the ones that other APIs answer otherwise. A Path in
// them is relative to the prefix. It must not be called while the handler serves, and returns h.
func (h *Handler) AddPresets(prefix string, presets map[string]Fault) *Handler {
	h.dialects = append(h.dialects, dialect{prefix, presets})
	return h
}

// Presets returns the names of the presets, in order.
func (h *Handler) Presets() []string {
	names := presets()
	for _, d := range h.dialects {
		maps.Copy(names, d.presets)
	}
	return slices.Sorted(maps.Keys(names))
}

// Inject adds a fault. Of several that match a request the oldest with something left wins.
func (h *Handler) Inject(f Fault) error {
	if known := h.Presets(); f.Preset != "" && !slices.Contains(known, f.Preset) {
		return fmt.Errorf("inject fault: no preset %q (have %s)", f.Preset, strings.Join(known, ", "))
	}
	for _, d := range h.dialects {
		if at := d.presets[f.Preset].Path; at != "" && f.Path == "" {
			f.Path = strings.TrimSuffix(d.prefix, "/") + at
		}
	}
	if _, err := path.Match(f.Path, "/"); err != nil {
		return fmt.Errorf("inject fault: path %q: %w", f.Path, err)
	}
	if f.Preset == "" && f.Delay == 0 && !f.CarriedOut && !f.Hang && !f.Cut && f.Status == 0 && len(f.Header) == 0 {
		return errors.New("inject fault: it would change nothing: want a preset, a status, a delay, a header, or " +
			"that the server hangs or cuts the connection")
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		return fmt.Errorf("inject fault: status %d is out of range", f.Status)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults = append(h.faults, &active{Fault: f, cleared: make(chan struct{})})
	return nil
}

// Faults returns the faults in force.
func (h *Handler) Faults() []Fault {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := []Fault{}
	for _, f := range h.faults {
		out = append(out, f.Fault)
	}
	return out
}

// Clear removes all faults and frees the requests that hang.
func (h *Handler) Clear() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.faults {
		close(f.cleared)
	}
	h.faults = nil
}

// take returns the fault that a request is to meet, and what ends its waiting, or nil.
func (h *Handler) take(r *http.Request) (*Fault, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.faults {
		if !f.matches(r) {
			continue
		}
		f.seen++
		if f.seen > f.After && (f.Times == 0 || f.seen <= f.After+f.Times) {
			hit := f.over(h.preset(f.Preset, r.URL.Path))
			return &hit, f.cleared
		}
	}
	return nil, nil
}

func (f *Fault) matches(r *http.Request) bool {
	if f.Method != "" && f.Method != r.Method || f.Token != "" && r.Header.Get("Authorization") != "Bearer "+f.Token {
		return false
	}
	if f.Path == "" || strings.HasSuffix(f.Path, "/") {
		return strings.HasPrefix(r.URL.Path, f.Path)
	}
	ok, _ := path.Match(f.Path, r.URL.Path) // the pattern was checked
	return ok
}

// preset returns what a preset is for the API that a path belongs to.
func (h *Handler) preset(name, at string) Fault {
	for _, d := range h.dialects {
		if f, ok := d.presets[name]; ok && strings.HasPrefix(at, d.prefix) {
			return f
		}
	}
	return preset(name)
}

// over returns f with what it leaves open taken from p.
func (f *Fault) over(p Fault) Fault {
	out := *f
	if out.ContentType == "" {
		out.ContentType = p.ContentType
	}
	if out.Body == "" {
		out.Body = p.Body
	}
	if out.Status == 0 {
		out.Status = p.Status
	}
	if out.Header == nil {
		out.Header = p.Header
	}
	out.CarriedOut = out.CarriedOut || p.CarriedOut
	out.Hang = out.Hang || p.Hang
	out.Cut = out.Cut || p.Cut
	return out
}
