package edge

import (
	"context"
	"strings"
)

// breakGlass has a person agree to being given the administrators' own credentials. Each time that the helper hands one
// out, it marks the edge cluster with who was given it.
func (o *kubeconfigCreateOptions) breakGlass(ctx context.Context, places []*place) error {
	var names []string
	for _, p := range places {
		names = append(names, p.cluster.String())
	}
	o.Note("--break-glass hands out the administrator's own credential of %s. It may do everything there, the audit "+
		"log "+
		"shows no name for it, and nobody can withdraw it. The edge cluster is marked with your name.",
		strings.Join(names, ", "))
	word := places[0].cluster.Name
	if len(places) > 1 {
		word = "all"
	}
	return o.ConfirmTyped(ctx, o.rights.yes, word)
}
