package sandbox

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault makes requests fail the way gateways and networks do.
type Fault struct {
	// Method and Path select requests. An empty Method is any. A Path ending in "/" is a prefix, else a path.Match pattern;
	// empty is any. Both are compared with what the client sent, "/edge/v1beta1/…" for one.
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
	// Token, if set, selects the requests with this bearer token.
	Token string `json:"token,omitempty"`
	// Preset fills in what a gateway is known to answer (see Presets). Fields given beside it win.
	Preset string `json:"preset,omitempty"`
	// After lets that many requests pass first; Times is how many then fail, 0 for all.
	After int `json:"after,omitempty"`
	Times int `json:"times,omitempty"`
	// Delay is waited before the answer, in the machine's time. With nothing else set the real answer follows.
	Delay Duration `json:"delay,omitempty"`
	// Hang never answers. It ends when the client goes away or the fault is cleared.
	Hang bool `json:"hang,omitempty"`
	// Cut closes the connection: before the answer when Status is 0, else in the middle of the body.
	Cut         bool              `json:"cut,omitempty"`
	Status      int               `json:"status,omitempty"`
	ContentType string            `json:"contentType,omitempty"`
	Header      map[string]string `json:"header,omitempty"`
	Body        string            `json:"body,omitempty"`
}

type activeFault struct {
	Fault
	seen    int
	cleared chan struct{}
}

// Inject adds a fault. Of several that match a request the oldest with something left wins.
func (s *Sandbox) Inject(f Fault) error {
	if f.Preset != "" {
		p, ok := presets()[f.Preset]
		if !ok {
			return fmt.Errorf("inject fault: no preset %q (have %s)", f.Preset, strings.Join(Presets(), ", "))
		}
		f = f.over(p)
	}
	if _, err := path.Match(f.Path, "/"); err != nil {
		return fmt.Errorf("inject fault: path %q: %w", f.Path, err)
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		return fmt.Errorf("inject fault: status %d is out of range", f.Status)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &activeFault{Fault: f, cleared: make(chan struct{})})
	return nil
}

// over returns f with what it leaves open taken from p.
func (f Fault) over(p Fault) Fault {
	setDefault(&f.ContentType, p.ContentType)
	setDefault(&f.Body, p.Body)
	if f.Status == 0 {
		f.Status = p.Status
	}
	if f.Header == nil {
		f.Header = p.Header
	}
	f.Hang = f.Hang || p.Hang
	f.Cut = f.Cut || p.Cut
	return f
}

// Faults returns the faults in force.
func (s *Sandbox) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Fault{}
	for _, f := range s.faults {
		out = append(out, f.Fault)
	}
	return out
}

// ClearFaults removes all faults and frees the requests that hang.
func (s *Sandbox) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		close(f.cleared)
	}
	s.faults = nil
}

// takeFault returns the fault that a request is to meet, or nil.
func (s *Sandbox) takeFault(r *http.Request) *activeFault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if !f.matches(r) {
			continue
		}
		f.seen++
		if f.seen > f.After && (f.Times == 0 || f.seen <= f.After+f.Times) {
			return f
		}
	}
	return nil
}

func (f *activeFault) matches(r *http.Request) bool {
	if f.Method != "" && f.Method != r.Method || f.Token != "" && r.Header.Get("Authorization") != "Bearer "+f.Token {
		return false
	}
	if f.Path == "" || strings.HasSuffix(f.Path, "/") {
		return strings.HasPrefix(r.URL.Path, f.Path)
	}
	ok, _ := path.Match(f.Path, r.URL.Path) // the pattern was checked
	return ok
}

// serve plays the fault, and reports whether that was the answer.
func (f *activeFault) serve(w http.ResponseWriter, r *http.Request) bool {
	if f.Delay > 0 || f.Hang {
		f.wait(r)
	}
	if f.Hang || f.Status == 0 && f.Cut {
		panic(http.ErrAbortHandler)
	}
	if f.Status == 0 {
		return false
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
	_, _ = io.WriteString(w, f.Body)
	if f.Cut {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	return true
}

// wait waits for Delay, or for ever with Hang, unless the client goes away or the fault is cleared.
func (f *activeFault) wait(r *http.Request) {
	var after <-chan time.Time
	if !f.Hang {
		t := time.NewTimer(time.Duration(f.Delay))
		defer t.Stop()
		after = t.C
	}
	select {
	case <-after:
	case <-f.cleared:
	case <-r.Context().Done():
	}
}

// Presets returns the names of the presets.
func Presets() []string { return slices.Sorted(maps.Keys(presets())) }

func presets() map[string]Fault {
	const (
		json  = "application/json"
		plain = "text/plain"
		html  = "text/html"
	)
	page := func(title string) string {
		return "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
			"</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
	}
	return map[string]Fault{
		"bad-request":       {Status: 400, ContentType: json, Body: `{"code":"400","message":"Bad request"}`},
		"invalid-grant":     {Status: 400, ContentType: json, Body: `{"error":"invalid_grant"}`},
		"unauthorized":      {Status: 401, ContentType: json, Body: `{"code":"401","message":"Authorization failed"}`},
		"unauthenticated":   {Status: 401, ContentType: json, Body: `{"status":401,"message":"Unauthenticated token"}`},
		"unknown-key":       {Status: 401, ContentType: plain, Body: "Jwks doesn't have key to match kid or alg from Jwt"},
		"forbidden":         {Status: 403, ContentType: json, Body: `{"timestamp":"2026-08-21T10:00:00.000+00:00","path":"/","status":403,"error":"Forbidden","message":"Unauthorized"}`},
		"forbidden-html":    {Status: 403, ContentType: html, Body: page("403 Forbidden")},
		"not-found":         {Status: 404, ContentType: json, Body: `{"code":"404","message":"Not found"}`},
		"not-found-empty":   {Status: 404},
		"conflict":          {Status: 409, ContentType: json, Body: `{"code":"409","message":"Conflict"}`},
		"too-many-requests": {Status: 429, ContentType: plain, Header: map[string]string{"Retry-After": "1"}, Body: "local_rate_limited"},
		"internal-error":    {Status: 500, ContentType: json, Body: `{"code":500,"message":"Internal server error"}`},
		"bad-gateway":       {Status: 502, ContentType: html, Body: page("502 Bad Gateway")},
		"unavailable":       {Status: 503, ContentType: plain, Body: "no healthy upstream"},
		"gateway-timeout":   {Status: 504, ContentType: plain, Body: "upstream request timeout"},
		"html":              {Status: 200, ContentType: html, Body: page("Sign in to the guest network")},
		"not-json":          {Status: 200, ContentType: json, Body: `{"token":`},
		"empty":             {Status: 200, ContentType: json},
		"huge":              {Status: 200, ContentType: json, Body: `{"token":"` + strings.Repeat("x", 16<<20) + `"}`},
		"hang":              {Hang: true},
		"cut":               {Cut: true},
		"cut-body":          {Cut: true, Status: 200, ContentType: json, Body: `{"instances":[`},
	}
}
