package edge

import (
	"slices"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin/plugintest"
)

// TestEmptyValuesAreRefused: a variable of a script that is not set must not be the weakest setting.
func TestEmptyValuesAreRefused(t *testing.T) {
	var documented []string = []string{"instance update --description"} // removes it
	if got := plugintest.EmptyValues(t, Tree, exitUsage); !slices.Equal(got, documented) {
		t.Errorf("flags that may be empty: %q, documented: %q", got, documented)
	}
}
