package main

import (
	"flag"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin/plugintest"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
	"github.com/kubectl-edge/kubectl-edge/plugins/credential"
)

var update = flag.Bool("update", false, "update the scripts' expected output")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"kubectl-edge": main, "kubectl_complete-edge": main,
		"to-full-disk": plugintest.FullDisk, "to-nobody": plugintest.Nobody,
		"xdg-open": xdgOpen,
		"kubectl-edge_credential": func() { // as in cmd/kubectl-edge_credential, whose own tests run the real one
			os.Exit(credential.Run(credential.Process{
				Args: os.Args, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Now: time.Now, Version: version,
			}))
		},
	})
}

// TestScripts runs each script with a sandbox of its own, which has no cluster.
func TestScripts(t *testing.T) {
	testscript.Run(t, params(filepath.Join("testdata", "api"), func(e *testscript.Env) error {
		t := e.T().(testing.TB)
		requests := &requestLog{}
		s, srv := sandboxtest.Start(t, func(o *sandbox.Options) { o.OnRequest = requests.record })
		return setUp(e, &world{sandbox: s, server: srv, requests: requests})
	}))
}

func params(dir string, setup func(*testscript.Env) error) testscript.Params {
	return testscript.Params{
		Dir: dir, Setup: setup, Cmds: commands(), RequireExplicitExec: true, RequireUniqueNames: true, UpdateScripts: *update,
	}
}

// world is what the commands of one script work on.
type world struct {
	sandbox  *sandbox.Sandbox
	server   *httptest.Server // nil where it is shared
	requests *requestLog
	env      *testscript.Env
	snapshot map[string]string
	secrecy  *secrecy
}

type worldKey struct{}

// setUp makes the folders of a person who has configured nothing but where the sandbox is.
func setUp(e *testscript.Env, w *world) error {
	w.env = e
	e.Values[worldKey{}] = w
	s := w.sandbox
	path := func(name string) string { return filepath.Join(e.WorkDir, name) }
	for name, folder := range map[string]string{
		"HOME": "home", "XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache", "XDG_RUNTIME_DIR": "runtime",
	} {
		if err := os.Mkdir(path(folder), 0o700); err != nil {
			return err
		}
		e.Setenv(name, path(folder))
	}
	e.Setenv("KUBECONFIG", path("kubeconfig"))
	e.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:") // keeps off the person's own keyring
	host := strings.TrimPrefix(s.URL(), "https://")
	e.Setenv("HOST", host)
	e.Setenv("PORT", host[strings.LastIndex(host, ":")+1:])
	e.Setenv("PROJECT", sandbox.ProjectID)
	e.Setenv("PARENT", sandbox.ParentID)
	e.Setenv("INSTANCES", "/edge/v1beta1/projects/"+sandbox.ProjectID+"/regions/"+sandbox.Region+"/instances")
	e.Setenv("BYNAME", e.Getenv("INSTANCES")+"byname")

	files := map[string][]byte{"ca.pem": s.CA()}
	for name, account := range map[string]string{
		"admin.json": sandbox.AdminServiceAccount, "reader.json": sandbox.ReaderServiceAccount, "issuer.json": sandbox.IssuerServiceAccount,
	} {
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
	e.Setenv("PATH", path("bin")+string(os.PathListSeparator)+e.Getenv("PATH"))
	config := &profile.Config{
		Profiles: map[string]profile.Profile{profile.DefaultName: {
			Endpoints: profile.Endpoints{
				Edge: s.EdgeURL(), ResourceManager: s.ResourceManagerURL(), IdentityProvider: s.IdentityProvider(),
				ServiceAccountToken: s.ServiceAccountTokenURL(),
			},
			CertificateAuthority: path("ca.pem"),
		}},
		TrustedHosts: []string{host},
	}
	return config.Save(dirs.Dirs{Config: filepath.Join(path("config"), "kubectl-edge")})
}
