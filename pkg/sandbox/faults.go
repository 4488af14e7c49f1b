package sandbox

import "net/http"

// Fault makes requests fail the way gateways and networks do.
type Fault struct {
	// Method and Path select requests. An empty Method is any. A Path ending in "/" is a prefix, else a path.Match pattern;
	// empty is any. Both are compared with what the client sent, "/edge/v1beta1/…" for one.
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
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

// Inject adds a fault. Of several that match a request the oldest wins.
func (s *Sandbox) Inject(f Fault) error { return nil }

// ClearFaults removes all faults and frees the requests that hang.
func (s *Sandbox) ClearFaults() {}

func (s *Sandbox) takeFault(r *http.Request) *activeFault { return nil }

func (f *activeFault) serve(w http.ResponseWriter, r *http.Request) bool { return false }
