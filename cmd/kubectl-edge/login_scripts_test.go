package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
)

// TestLogin runs the scripts about logging in, with a sandbox for each, and xdgOpen for a browser.
func TestLogin(t *testing.T) {
	t.Parallel()
	testscript.Run(t, loginParams("login", ""))
}

// loginParams are those of the scripts about logging in that are below testdata/dir. The folder cli, if there is one,
// has the STACKIT CLI.
func loginParams(dir, cli string) testscript.Params {
	return scripttest.Params(filepath.Join("testdata", dir), *update, func(e *testscript.Env) error {
		w := scripttest.Start(e.T().(testing.TB))
		if err := w.SetUp(e); err != nil {
			return err
		}
		if cli != "" {
			e.Setenv("PATH", e.Getenv("PATH")+string(os.PathListSeparator)+cli)
			e.Setenv("CLI", cli)
		}
		e.Setenv("BROWSER_LOG", filepath.Join(e.WorkDir, "browser.log"))
		e.Setenv("SANDBOX_CA", filepath.Join(e.WorkDir, "ca.pem"))
		e.Setenv("USER", sandbox.AdminUser)
		e.Setenv("PASSWORD", sandbox.AdminPassword)
		e.Setenv("TOKEN_URL", w.Sandbox.ServiceAccountTokenURL())
		return nil
	})
}
