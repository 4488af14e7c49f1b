//go:build system

package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
)

// TestLoginSystem runs the scripts about logging in that take the real STACKIT CLI or a keyring.
func TestLoginSystem(t *testing.T) {
	t.Parallel()
	testscript.Run(t, loginParams("login_system", scripttest.StackitCLI(t)))
}
