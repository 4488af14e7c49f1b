// Package scripttest is the dialect of the script tests, testdata/**/*.txtar of each program: the commands that scripts
// have besides those of testscript, and the machine of a person on which they run. README.md lists both, and the
// scripts.
package scripttest

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
)

// World is what the commands of one script work on.
type World struct {
	Env *testscript.Env
	// Sandbox is nil where a script needs none.
	Sandbox *sandbox.Sandbox
	// Server serves Sandbox, but is nil where that is shared.
	Server *httptest.Server
	// StackState is nil where a script needs none.
	StackState *StackState
	Requests   *Requests

	snapshot map[string]string
	secrecy  *secrecy
}

type worldKey struct{}

func worldOf(ts *testscript.TestScript) *World { return ts.Value(worldKey{}).(*World) }

// Start starts a sandbox for one script, or one test.
func Start(t testing.TB, options ...func(*sandbox.Options)) *World {
	t.Helper()
	requests := NewRequests()
	w := &World{Requests: requests}
	w.Sandbox, w.Server = sandboxtest.Start(t, append(options, requests.Observe, allPlans)...)
	return w
}

// allPlans gives scripts plans to choose from.
func allPlans(o *sandbox.Options) { o.Plans = 3 }

// Params are those of all script tests. The world of each script is made by setUp, and gets an environment there.
func Params(dir string, update bool, setUp func(*testscript.Env) error) testscript.Params {
	return testscript.Params{
		Dir: dir, Setup: setUp, Cmds: commands(), RequireExplicitExec: true, RequireUniqueNames: true,
		UpdateScripts: update,
	}
}

// folders are a person's own, by the variables that name them.
func folders() map[string]string {
	return map[string]string{
		"HOME": "home", "XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache",
		"XDG_RUNTIME_DIR": "runtime",
	}
}

// SetUpPerson makes the folders of a person who has configured nothing.
func (w *World) SetUpPerson(e *testscript.Env) error {
	w.Env = e
	e.Values[worldKey{}] = w
	for name, folder := range folders() {
		path := filepath.Join(e.WorkDir, folder)
		if err := os.Mkdir(path, 0o700); err != nil {
			return err
		}
		e.Setenv(name, path)
	}
	e.Setenv("KUBECONFIG", filepath.Join(e.WorkDir, "kubeconfig"))
	e.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:") // keeps off the person's own keyring
	return nil
}

// AddToPath puts a folder first on a script's PATH.
func AddToPath(e *testscript.Env, folder string) {
	e.Setenv("PATH", folder+string(os.PathListSeparator)+e.Getenv("PATH"))
}

// SetUp makes the machine of a person who has configured nothing but where the sandbox is.
func (w *World) SetUp(e *testscript.Env) error {
	if err := w.SetUpPerson(e); err != nil {
		return err
	}
	s := w.Sandbox
	s.ResetStats() // it may be shared
	if err := s.ResetEdgeClusters(context.Background()); err != nil {
		return err
	}
	w.Requests.forget()
	path := func(name string) string { return filepath.Join(e.WorkDir, name) }
	host := strings.TrimPrefix(s.URL(), "https://")
	e.Setenv("HOST", host)
	e.Setenv("PORT", host[strings.LastIndex(host, ":")+1:])
	e.Setenv("PROJECT", sandbox.ProjectID)
	e.Setenv("PARENT", sandbox.ParentID)
	e.Setenv("INSTANCES", "/edge/v1beta1/projects/"+sandbox.ProjectID+"/regions/"+sandbox.Region+"/instances")
	e.Setenv("BYNAME", e.Getenv("INSTANCES")+"byname")

	files := map[string][]byte{"ca.pem": s.CA()}
	for name, account := range keyFiles() {
		key, err := s.ServiceAccountKeyOf(account)
		if err != nil {
			return err
		}
		files[name] = key
	}
	for name, data := range files {
		if err := os.WriteFile(path(name), data, 0o600); err != nil {
			return err
		}
	}
	// A client of its own for each call, as kubectl is: the helper takes a second call of the same one for a refusal.
	client := "#!/bin/sh\n\"$@\"\nexit $?\n"
	if err := os.Mkdir(path("bin"), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path("bin/client"), []byte(client), 0o700); err != nil {
		return err
	}
	AddToPath(e, path("bin"))
	config := &profile.Config{
		Profiles: map[string]profile.Profile{profile.DefaultName: {
			Endpoints: profile.Endpoints{
				Edge: s.EdgeURL(), ResourceManager: s.ResourceManagerURL(),
				ServiceEnablement: s.ServiceEnablementURL(), IdentityProvider: s.IdentityProvider(),
				ServiceAccountToken: s.ServiceAccountTokenURL(),
			},
			CertificateAuthority: path("ca.pem"),
		}},
		TrustedHosts: []string{host},
	}
	return config.Save(dirs.Dirs{Config: filepath.Join(path("config"), "kubectl-edge")})
}

// keyFiles are the service accounts whose keys a person has, by the files' names.
func keyFiles() map[string]string {
	return map[string]string{
		"admin.json": sandbox.AdminServiceAccount, "reader.json": sandbox.ReaderServiceAccount,
		"issuer.json": sandbox.IssuerServiceAccount,
	}
}
