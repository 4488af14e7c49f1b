package edgetoken

import (
	"errors"
	"fmt"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/mint"
)

// That somebody has to log in keeps nobody waiting who does: it is not remembered, or for a moment.
func TestMemoryOfFailures(t *testing.T) {
	for _, c := range []struct {
		err  error
		want mint.Memory
	}{
		{errors.New("out of luck"), mint.Remember},
		{fmt.Errorf("mint: %w", &login.RequiredError{Method: login.MethodBrowser}), mint.Transient},
		{fmt.Errorf("mint: %w", &login.RequiredError{}), mint.Transient},
		{fmt.Errorf("mint: %w", &login.RequiredError{Method: login.MethodSTACKITCLI}), mint.RememberBriefly},
	} {
		if got := memory(c.err); got != c.want {
			t.Errorf("%#v: %v, want %v", c.err, got, c.want)
		}
	}
}
