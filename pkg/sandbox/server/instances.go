package server

import (
	"fmt"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// AddInstances adds active instances, besides sandbox.InstanceID, until there are n of them: site01-…, site02-…
// Those that a data folder kept count.
func (s *Server) AddInstances(n int) {
	own := s.Sandbox.Settings().OwnServers
	for i := 1; i < n; i++ {
		name := fmt.Sprintf("site%02d", i)
		id := name + sandbox.InstanceID[len(sandbox.InstanceName):]
		if _, ok := s.Sandbox.InstanceState(id); !ok {
			s.Sandbox.AddInstance(sandbox.Instance{ID: id, DisplayName: name, OwnServer: own})
		}
	}
}
