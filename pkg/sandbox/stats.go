package sandbox

import (
	"maps"
	"net/http"
)

// Stats count what the sandbox did since it started.
type Stats struct {
	Requests    int              `json:"requests"`        // all but those below /sandbox/
	Paths       map[string]int   `json:"paths"`           // by "METHOD /path"
	Protocols   map[string]int   `json:"protocols"`       // "HTTP/2.0" or "HTTP/1.1"
	Mints       map[string]Mints `json:"mints"`           // by instance ID
	Exchanges   map[string]int   `json:"exchanges"`       // successful token requests by grant type
	SignIns     int              `json:"signIns"`         // grants that people gave
	Revocations int              `json:"revocations"`     // of tokens, by their holders
	Failed      map[string]int   `json:"exchangesFailed"` // refused token requests by error code
}

// maxPaths bounds how many paths are counted apart; requests for more are counted as otherPaths.
const (
	maxPaths   = 10000
	otherPaths = "other"
)

// Mints count the credentials made for one instance.
type Mints struct {
	Token      int `json:"token"`
	Kubeconfig int `json:"kubeconfig"`
}

// Minted is the number of all credentials made for instances.
func (s Stats) Minted() int {
	n := 0
	for _, m := range s.Mints {
		n += m.Token + m.Kubeconfig
	}
	return n
}

func newStats() Stats {
	return Stats{Paths: map[string]int{}, Protocols: map[string]int{},
		Mints: map[string]Mints{}, Exchanges: map[string]int{},
		Failed: map[string]int{}}
}

// Stats returns a copy of the counters.
func (s *Sandbox) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.stats
	out.Protocols = maps.Clone(out.Protocols)
	out.Paths, out.Mints = maps.Clone(out.Paths), maps.Clone(out.Mints)
	out.Exchanges, out.Failed = maps.Clone(out.Exchanges), maps.Clone(out.Failed)
	return out
}

// ResetStats sets all counters to zero.
func (s *Sandbox) ResetStats() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats = newStats()
}

func (s *Sandbox) countRequest(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Requests++
	s.stats.Protocols[r.Proto]++
	key := r.Method + " " + r.URL.Path
	if _, known := s.stats.Paths[key]; !known && len(s.stats.Paths) >= maxPaths {
		key = otherPaths
	}
	s.stats.Paths[key]++
}
