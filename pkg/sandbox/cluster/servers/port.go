package servers

import (
	"fmt"
	"net/netip"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// portError says that a port of the API server cannot be had.
func portError(at netip.Addr, port int, err error) error {
	if port == 0 {
		return fmt.Errorf("reserve a port: %w", err)
	}
	return hint.Wrap(fmt.Errorf("reserve port %d of %s for an API server: %w", port, at, err),
		"another program has the port: end it, or choose others with --listen, and another --data-dir")
}
