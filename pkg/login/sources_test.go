package login

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/transport"
)

// Every source fails in the same words when the network or the service fails: what was exchanged and where, why that
// failed, and what to do next. None of them shows a secret, and none loses the session.
func TestSourcesFail(t *testing.T) {
	const tokenPath, discoveryPath = "/oauth/v2/token", "/.well-known/openid-configuration"
	signIn := func(w *world, c func(Interaction) Credential) error {
		p := &person{w: w}
		_, err := w.account().Login(w.t.Context(), c(p.interaction(p.browse(true))))
		return err
	}
	device := func(w *world) error {
		return signIn(w, func(i Interaction) Credential { return deviceSignIn{Interaction: i} })
	}
	sources := map[string]struct {
		path       string
		credential string
		prepare    func(*world)
		try        func(*world) error
	}{
		"service account key": {"/service-account/token", "service account key", func(*world) {},
			func(w *world) error { _, err := w.account().Login(w.t.Context(), w.keyFile()); return err }},
		"refresh token": {tokenPath, "refresh token", func(w *world) { w.browserLogin(); w.pass(time.Hour) },
			func(w *world) error { _, err := w.token(); return err }},
		"workload identity": {tokenPath, "workload token", func(w *world) {
			w.env = map[string]string{"STACKIT_SERVICE_ACCOUNT_EMAIL": sandbox.AdminServiceAccount,
				"STACKIT_FEDERATED_TOKEN_FILE": w.write("token", []byte(w.workloadToken(nil)))}
		}, func(w *world) error { _, err := w.token(); return err }},
		"authorization code": {tokenPath, "authorization code", func(*world) {},
			func(w *world) error {
				return signIn(w, func(i Interaction) Credential { return browserSignIn{Interaction: i} })
			}},
		"device":      {"/oauth/v2/device_authorization", "device authorization", func(*world) {}, device},
		"device code": {tokenPath, "device code", func(*world) {}, device},
		"discovery":   {discoveryPath, "identity provider", func(*world) {}, device},
	}
	failures := []struct {
		preset, want, next string
	}{
		{"too-many-requests", "too many requests (429 Too Many Requests)", "try again in 1 seconds"},
		{"bad-gateway", "a web page came back instead of a token (502 Bad Gateway)", "try again in a moment"},
		{"internal-error", "the service has a problem (500 Internal Server Error)", "try again in a moment"},
		{"forbidden-html", "a web page came back instead of a token (403 Forbidden)", "kubectl edge doctor"},
		{"cut", "EOF", "check the network, HTTPS_PROXY and NO_PROXY"},
		{"hang", " within ", "kubectl edge doctor"},
	}
	shared := newWorld(t, func(o *sandbox.Options) { o.Settings.DeviceInterval = sandbox.Duration(time.Second) })
	for name, source := range sources {
		for _, f := range failures {
			if name == "discovery" && f.preset != "hang" && f.preset != "cut" {
				continue // see TestDiscoveryFails
			}
			t.Run(name+"/"+f.preset, func(t *testing.T) {
				shared.sandbox.Configure(func(s *sandbox.Settings) { s.ClockOffset = 0 })
				w := shared.fresh(t)
				source.prepare(w)
				if err := w.sandbox.Inject(sandbox.Fault{Preset: f.preset, Path: source.path}); err != nil {
					t.Fatal(err)
				}
				defer w.sandbox.ClearFaults()
				if f.preset == "hang" {
					if name == "device code" { // one of many requests, for which the client's limit is enough
						w.client.Timeout = transport.DefaultTimeout
					}
					w.client.Transport = impatient(t, w.client.Transport, source.path)
				}
				err := source.try(w)
				if err == nil || !strings.Contains(err.Error(), f.want) {
					t.Fatalf("error %v, want %q", err, f.want)
				}
				endpoint := w.sandbox.URL() + strings.TrimSuffix(source.path, discoveryPath)
				if !strings.Contains(err.Error(), source.credential) || !strings.Contains(err.Error(), endpoint) {
					t.Errorf("error %q does not name %q and %s", err, source.credential, endpoint)
				}
				if h := hint.Of(err); !strings.Contains(h, f.next) {
					t.Errorf("hint %q, want %q", h, f.next)
				}
				if required, ok := errors.AsType[*RequiredError](err); ok {
					t.Errorf("the source takes a failure for the end of the session: %v", required)
				}
				if strings.Contains(err.Error(), "eyJ") {
					t.Errorf("the error holds a token: %v", err)
				}
			})
		}
	}
}

// impatient lets the limit of time that requests to path have come at once. They must have one.
func impatient(t *testing.T, next http.RoundTripper, path string) http.RoundTripper {
	return roundTripFunc(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path != path {
			return next.RoundTrip(r)
		}
		limit, ok := r.Context().Deadline()
		if !ok || time.Until(limit) > exchangeTimeout {
			t.Errorf("the request to %s may take until %v", path, limit)
		}
		ctx, cancel := context.WithTimeout(r.Context(), 10*time.Millisecond)
		defer cancel()
		return next.RoundTrip(r.WithContext(ctx))
	})
}

// Ctrl-C ends whatever waits for a server that does not answer, but for a refresh: see refreshGrant.
func TestSlowSourcesAreInterrupted(t *testing.T) {
	var onRequest atomic.Pointer[func(path string)] // of the case that runs
	shared := newWorld(t, func(o *sandbox.Options) {
		o.Settings.DeviceInterval = sandbox.Duration(time.Second)
		o.OnRequest = func(r *http.Request) {
			if f := onRequest.Load(); f != nil {
				(*f)(r.URL.Path)
			}
		}
	})
	browser := func(p *person) Credential { return browserSignIn{Interaction: p.interaction(p.browse(true))} }
	device := func(p *person) Credential { return deviceSignIn{Interaction: p.interaction(nil)} }
	for name, source := range map[string]struct {
		path       string
		credential func(*person) Credential
	}{
		"discovery":            {"/.well-known/openid-configuration", browser},
		"authorization code":   {"/oauth/v2/token", browser},
		"keys":                 {"/oauth/v2/keys", browser},
		"device authorization": {"/oauth/v2/device_authorization", device},
		"device code":          {"/oauth/v2/token", device},
		"service account key":  {"/service-account/token", func(p *person) Credential { return p.w.keyFile() }},
	} {
		t.Run(name, func(t *testing.T) {
			w := shared.fresh(t)
			if err := w.sandbox.Inject(sandbox.Fault{Preset: "hang", Path: source.path}); err != nil {
				t.Fatal(err)
			}
			defer w.sandbox.ClearFaults()
			ctx, interrupt := context.WithCancel(t.Context())
			asked := func(path string) {
				if path == source.path {
					interrupt()
				}
			}
			onRequest.Store(&asked)
			_, err := w.account().Login(ctx, source.credential(&person{w: w}))
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want the interruption", err)
			}
			if len(w.files()) != 0 {
				t.Errorf("left behind: %v", w.files())
			}
		})
	}
}
