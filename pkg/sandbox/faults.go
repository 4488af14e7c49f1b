package sandbox

import (
	"net/http"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/fault"
)

// Fault makes requests fail the way gateways and networks do.
type Fault = fault.Fault

// Duration is a time.Duration that reads and writes like "90s" in JSON.
type Duration = fault.Duration

// Inject adds a fault, for all that is served but the endpoints below /sandbox/.
func (s *Sandbox) Inject(f Fault) error { return s.faults.Inject(f) }

// Faults returns the faults in force.
func (s *Sandbox) Faults() []Fault { return s.faults.Faults() }

// ClearFaults removes all faults and frees the requests that hang.
func (s *Sandbox) ClearFaults() { s.faults.Clear() }

// Mount adds a further API below a path that ends in "/", with what it answers for presets of faults where that is not
// what STACKIT answers. Call it before serving.
func (s *Sandbox) Mount(path string, h http.Handler, presets map[string]Fault) {
	s.mux.Handle(path, h)
	s.faults.AddPresets(path, presets)
}
