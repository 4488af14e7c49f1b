package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
)

// TestLogin runs the scripts about logging in, with a sandbox for each, and xdgOpen for a browser.
func TestLogin(t *testing.T) {
	testscript.Run(t, loginParams("login", ""))
}

// loginParams are those of the scripts about logging in that are below testdata/dir. The folder cli, if there is one, has
// the STACKIT CLI.
func loginParams(dir, cli string) testscript.Params {
	p := params(filepath.Join("testdata", dir), func(e *testscript.Env) error {
		requests := &requestLog{}
		s, srv := sandboxtest.Start(e.T().(testing.TB), func(o *sandbox.Options) { o.OnRequest = requests.record })
		if err := setUp(e, &world{sandbox: s, server: srv, requests: requests}); err != nil {
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
		e.Setenv("TOKEN_URL", s.ServiceAccountTokenURL())
		return nil
	})
	maps.Copy(p.Cmds, map[string]func(*testscript.TestScript, bool, []string){
		"exchanged": scriptCommand(exchanged),
		"signed-in": scriptCommand(signedIn),
		"instances": scriptCommand(instances),
		"spread":    scriptCommand(spread),
	})
	return p
}

func scriptCommand(run func(*testscript.TestScript, *world, []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("this command takes no !")
		}
		ts.Check(run(ts, ts.Value(worldKey{}).(*world), args))
	}
}

// exchanged GRANT N checks how many tokens the identity provider gave for grants of this type since the last check of a
// count, and that it refused none.
func exchanged(_ *testscript.TestScript, w *world, args []string) error {
	if len(args) != 2 {
		return errors.New("usage: exchanged GRANT N")
	}
	stats := w.sandbox.Stats()
	w.resetStats()
	if got := strconv.Itoa(stats.Exchanges[args[0]]); got != args[1] || len(stats.Failed) > 0 {
		return fmt.Errorf("%s exchanges of %s, want %s; refused: %v", got, args[0], args[1], stats.Failed)
	}
	return nil
}

// signed-in N checks how many people signed in since the last check of a count.
func signedIn(_ *testscript.TestScript, w *world, args []string) error {
	stats := w.sandbox.Stats()
	w.resetStats()
	if got := strconv.Itoa(stats.SignIns); len(args) != 1 || got != args[0] {
		return fmt.Errorf("%s sign-ins, want %v", got, args)
	}
	return nil
}

// instances N adds active instances with the IDs load-1000000, load-1000001 and so on.
func instances(_ *testscript.TestScript, w *world, args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	for i := range n {
		w.sandbox.AddInstance(sandbox.Instance{
			ID: loadID(i), DisplayName: "load" + strconv.Itoa(i), ProjectID: sandbox.ProjectID, Region: sandbox.Region,
			PlanID: sandbox.PlanID, Status: sandbox.StatusActive,
		})
	}
	return nil
}

func loadID(i int) string { return "load-" + strconv.Itoa(1000000+i) }

// spread N COMMAND… runs a command N times at once, each with --instance-id of another one of the instances. All must
// succeed; stdout and stderr have all outputs.
func spread(ts *testscript.TestScript, w *world, args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	runs := make([]*exec.Cmd, n)
	stdouts, stderrs := make([]strings.Builder, n), make([]strings.Builder, n)
	for i := range runs {
		cmd := exec.Command(args[1], append(args[2:len(args):len(args)], "--instance-id="+loadID(i))...)
		for _, variable := range w.env.Vars {
			name, _, _ := strings.Cut(variable, "=")
			cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
		}
		for _, name := range []string{"KUBERNETES_EXEC_INFO", "SIGN_IN"} {
			cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
		}
		cmd.Stdout, cmd.Stderr = &stdouts[i], &stderrs[i]
		if err := cmd.Start(); err != nil {
			return err
		}
		runs[i] = cmd
	}
	var errs []error
	for i, cmd := range runs {
		if err := cmd.Wait(); err != nil {
			errs = append(errs, fmt.Errorf("run %d: %w: %s", i, err, stderrs[i].String()))
		}
		fmt.Fprint(ts.Stdout(), stdouts[i].String())
		fmt.Fprint(ts.Stderr(), stderrs[i].String())
	}
	return errors.Join(errs...)
}
