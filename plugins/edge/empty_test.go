package edge

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin/plugintest"
)

// TestEmptyValuesAreRefused: a variable of a script that is not set must not be the weakest setting.
func TestEmptyValuesAreRefused(t *testing.T) {
	documented := []string{"instance update --description"} // removes it
	got := plugintest.EmptyValues(t, Tree, exitUsage)
	// The helper calls kubectl edge credential with all that a kubeconfig says, which is checked as a whole.
	got = slices.DeleteFunc(got, func(flag string) bool { return strings.HasPrefix(flag, "credential ") })
	if !slices.Equal(got, documented) {
		t.Errorf("flags that may be empty: %q, documented: %q", got, documented)
	}
}
