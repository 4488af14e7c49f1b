package login

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// Every source fails in the same words when the network or the service fails: what was exchanged and where, why that
// failed, and what to do next. None of them shows a secret, and none loses the session.
func TestSourcesFail(t *testing.T) {
	const tokenPath = "/oauth/v2/token"
	signIn := func(w *world, c func(Interaction) Credential) error {
		p := &person{w: w}
		_, err := w.sessions().Login(w.t.Context(), c(p.interaction(p.browse(true))))
		return err
	}
	sources := map[string]struct {
		path       string
		credential string
		prepare    func(*world)
		try        func(*world) error
	}{
		"service account key": {"/service-account/token", "service account key", func(*world) {},
			func(w *world) error { _, err := w.sessions().Login(w.t.Context(), w.keyFile()); return err }},
		"refresh token": {tokenPath, "refresh token", func(w *world) { w.browserLogin(); w.pass(time.Hour) },
			func(w *world) error { _, err := w.token(); return err }},
		"workload identity": {tokenPath, "workload token", func(w *world) {
			w.env = map[string]string{"STACKIT_SERVICE_ACCOUNT_EMAIL": sandbox.AdminServiceAccount, tokenFileVariable: w.write("token", []byte(w.workloadToken(nil)))}
		}, func(w *world) error { _, err := w.token(); return err }},
		"authorization code": {tokenPath, "authorization code", func(*world) {},
			func(w *world) error {
				return signIn(w, func(i Interaction) Credential { return Browser{Interaction: i} })
			}},
		"device": {"/oauth/v2/device_authorization", "device authorization", func(*world) {},
			func(w *world) error {
				return signIn(w, func(i Interaction) Credential { return Device{Interaction: i} })
			}},
	}
	failures := []struct {
		preset, want, next string
	}{
		{"too-many-requests", "too many requests (429 Too Many Requests)", "try again in 1 seconds"},
		{"bad-gateway", "a web page came back instead of a token (502 Bad Gateway)", "try again in a moment"},
		{"internal-error", "the service has a problem (500 Internal Server Error)", "try again in a moment"},
		{"forbidden-html", "a web page came back instead of a token (403 Forbidden)", "kubectl edge doctor"},
		{"cut", "EOF", "check the network and proxies"},
		{"hang", "no answer in time", "check the network and proxies"},
	}
	shared := newWorld(t)
	for name, source := range sources {
		for _, f := range failures {
			if f.preset == "hang" && (name == "authorization code" || name == "device") {
				continue // the limit of the client would hold for the person's steps, too
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
					w.client.Timeout = 50 * time.Millisecond
				}
				err := source.try(w)
				if err == nil || !strings.Contains(err.Error(), f.want) {
					t.Fatalf("error %v, want %q", err, f.want)
				}
				if !strings.Contains(err.Error(), source.credential) || !strings.Contains(err.Error(), source.path) {
					t.Errorf("error %q names neither %q nor %s", err, source.credential, source.path)
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
