package edge

import (
	"errors"
	"fmt"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// That somebody has to log in keeps nobody waiting who does: it is not remembered, or for a moment.
func TestMemoryOfFailures(t *testing.T) {
	f := (&app{}).flight(tokenrequest.Target{})
	for _, c := range []struct {
		err            error
		passing, brief bool
	}{
		{errors.New("out of luck"), false, false},
		{fmt.Errorf("mint: %w", &login.RequiredError{Method: login.MethodBrowser}), true, false},
		{fmt.Errorf("mint: %w", &login.RequiredError{}), true, false},
		{fmt.Errorf("mint: %w", &login.RequiredError{Method: login.MethodSTACKITCLI}), false, true},
	} {
		if passing, brief := f.Passing(c.err), f.Brief(c.err); passing != c.passing || brief != c.brief {
			t.Errorf("%#v: passing %v, brief %v; want %v, %v", c.err, passing, brief, c.passing, c.brief)
		}
	}
}
