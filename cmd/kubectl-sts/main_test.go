package main

import (
	"encoding/pem"
	"flag"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin/plugintest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/fault"
	sandbox "github.com/kubectl-edge/kubectl-edge/pkg/sandbox/stackstate"
)

var update = flag.Bool("update", false, "update the scripts' expected output")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kubectl-sts": main, "to-full-disk": plugintest.FullDisk, "to-nobody": plugintest.Nobody})
}

// TestScripts runs each script with a StackState of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "api"), Cmds: commands(), RequireExplicitExec: true, RequireUniqueNames: true, UpdateScripts: *update,
		Setup: func(e *testscript.Env) error { return setUp(e, sandbox.Options{}) },
	})
}

// adminToken is the API token of a user who may do everything, guestToken of one who may look.
const (
	adminToken = "apitok-of-the-administrator"
	guestToken = "apitok-of-a-guest"
)

// world is what the commands of one script work on.
type world struct {
	dir     string
	handler *sandbox.Server
	faults  *fault.Handler

	mu       sync.Mutex
	offset   time.Duration // of the server's clock
	requests []string      // METHOD PATH
	form     func(http.ResponseWriter, *http.Request, *httptest.ResponseRecorder)
	hung     chan struct{} // closed when a request of the fault "hang" was carried out
}

type worldKey struct{}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.offset)
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.requests = append(w.requests, r.Method+" "+r.URL.Path)
	form := w.form
	w.mu.Unlock()
	if form == nil {
		w.faults.ServeHTTP(rw, r)
		return
	}
	rec := httptest.NewRecorder()
	w.faults.ServeHTTP(rec, r)
	form(rw, r, rec)
}

// setUp makes the folders of a person who has configured nothing, and starts the server: at URL, at TLS_URL with a
// certificate that ca.pem vouches for, and behind a proxy at PROXY.
func setUp(e *testscript.Env, o sandbox.Options) error {
	w := &world{dir: e.WorkDir}
	e.Values[worldKey{}] = w
	o.Now = w.now
	o.APITokens = map[string]sandbox.User{
		adminToken: {Name: "admin", Roles: []string{sandbox.RoleAdmin}},
		guestToken: {Name: "guest", Roles: []string{sandbox.RoleGuest}},
	}
	var err error
	if w.handler, err = sandbox.New(o); err != nil {
		return err
	}
	w.faults = sandbox.Faulty(w.handler)

	path := func(name string) string { return filepath.Join(e.WorkDir, name) }
	for name, folder := range map[string]string{
		"HOME": "home", "XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache", "XDG_RUNTIME_DIR": "runtime",
	} {
		if err := os.Mkdir(path(folder), 0o700); err != nil {
			return err
		}
		e.Setenv(name, path(folder))
	}
	e.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:") // keeps off the person's own keyring
	e.Setenv("KUBECONFIG", path("kubeconfig"))
	e.Setenv("TZ", "Europe/Berlin")
	e.Setenv("ODD", "a\x1b[2Jb\u009bc\u202ed\x7fe")

	plain := httptest.NewServer(w)
	e.Defer(plain.Close)
	e.Setenv("URL", plain.URL)
	e.Setenv("PLAIN_HOST", strings.TrimPrefix(plain.URL, "http://"))
	secure := httptest.NewUnstartedServer(w)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that do not trust it are part of the tests
	secure.StartTLS()
	e.Defer(secure.Close)
	e.Setenv("TLS_URL", secure.URL)
	e.Setenv("TLS_HOST", strings.TrimPrefix(secure.URL, "https://"))
	proxy := httptest.NewServer(&forwarder{w: w})
	e.Defer(proxy.Close)
	e.Setenv("PROXY", proxy.URL)
	e.Setenv("ADMIN_TOKEN", adminToken)
	e.Setenv("GUEST_TOKEN", guestToken)
	for name, content := range map[string][]byte{
		"admin-token": []byte(adminToken + "\n"),
		"guest-token": []byte(guestToken + "\n"),
		"ca.pem":      pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}),
	} {
		if err := os.WriteFile(path(name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// forwarder is an HTTP proxy behind which every host is the server.
type forwarder struct{ w *world }

func (f *forwarder) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Hostname(), ".example") {
		http.Error(rw, "not for this proxy: "+r.URL.Host, http.StatusBadGateway)
		return
	}
	r.Header.Set("Via", "1.1 proxy")
	f.w.ServeHTTP(rw, r)
}
