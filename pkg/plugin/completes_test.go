package plugin_test

import (
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

func TestCompletes(t *testing.T) {
	for value, want := range map[string]bool{
		"demo": true, "demo/berlin": true, "": false, "my site": false, "prod\tx": false, "$(id)": false, "-rf": false,
	} {
		if got := plugin.Completes(value); got != want {
			t.Errorf("%q: got %v", value, got)
		}
	}
}
