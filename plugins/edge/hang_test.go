package edge

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/execcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// newLoggedIn returns the commands' common part for somebody who is logged in to a sandbox with the key in a file.
func newLoggedIn(t *testing.T, before ...func(http.Handler) http.Handler) (a *app, s *sandbox.Sandbox, key string) {
	t.Helper()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:") // keeps off the person's own keyring
	s, srv := sandboxtest.Start(t)
	for _, wrap := range before { // what stands before the sandbox
		srv.Config.Handler = wrap(srv.Config.Handler)
	}
	base := t.TempDir()
	file := func(name string, data []byte) string {
		path := filepath.Join(base, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a = &app{
		Process: Process{
			IOStreams: genericiooptions.IOStreams{In: strings.NewReader(""), Out: io.Discard, ErrOut: io.Discard},
			Getenv:    func(string) string { return "" }, Now: time.Now, Build: buildinfo.Of("test", "", ""),
		},
		current: &currentContext{ends: t.Context},
		dirs: dirs.Dirs{Config: filepath.Join(base, "config"), State: filepath.Join(base, "state"),
			Cache: filepath.Join(base, "cache")},
	}
	config := &profile.Config{
		Profiles: map[string]profile.Profile{profile.DefaultName: {
			ProjectID: sandbox.ProjectID,
			Endpoints: profile.Endpoints{
				Edge: s.EdgeURL(), ResourceManager: s.ResourceManagerURL(), IdentityProvider: s.IdentityProvider(),
				ServiceAccountToken: s.ServiceAccountTokenURL(),
			},
			CertificateAuthority: file("ca.pem", s.CA()),
		}},
		TrustedHosts: []string{strings.TrimPrefix(s.URL(), "https://")},
	}
	if err := config.Save(a.dirs); err != nil {
		t.Fatal(err)
	}
	key = file("key.json", s.ServiceAccountKey())
	if _, err := newAccount(t, a).Login(t.Context(), login.KeyFile{Path: key}); err != nil {
		t.Fatal(err)
	}
	return a, s, key
}

func newAccount(t *testing.T, a *app) *login.Account {
	t.Helper()
	scope, err := a.scope()
	if err != nil {
		t.Fatal(err)
	}
	account, err := a.account(scope)
	if err != nil {
		t.Fatal(err)
	}
	return account
}

// late is a context whose time is over at an event rather than at an hour.
type late struct {
	context.Context
	over <-chan struct{}
}

func (l late) Done() <-chan struct{} { return l.over }

func (l late) Err() error {
	select {
	case <-l.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// TestHangingAPI has an API that takes requests and never answers: every command ends with the time it is given, and
// every request has a limit of its own.
func TestHangingAPI(t *testing.T) {
	asked := make(chan string, 16) // paths, before they hang
	a, s, key := newLoggedIn(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked <- r.URL.Path
			next.ServeHTTP(w, r)
		})
	})
	if limit := newAccount(t, a).HTTP.Timeout; limit <= 0 || limit >= credentialTimeout {
		t.Errorf("a request may take %v, want less than the helper's %v", limit, credentialTimeout)
	}
	request := tokenrequest.Request{InstanceID: sandbox.InstanceID}
	for name, c := range map[string]struct {
		hangs string
		run   func(context.Context) error
	}{
		"a list": {"/edge/", func(ctx context.Context) error {
			cloud, err := a.projectCloud(ctx)
			if err != nil {
				return err
			}
			_, err = cloud.Instances(ctx, cloud.ProjectID, cloud.Region)
			return err
		}},
		"a mint": {"/edge/", func(ctx context.Context) error {
			return a.answer(ctx, request, execcredential.Info{}, tokencache.Client{}, "")
		}},
		"a login": {"/service-account/", func(ctx context.Context) error {
			_, err := newAccount(t, a).Login(ctx, login.KeyFile{Path: key})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := s.Inject(sandbox.Fault{Preset: "hang", Path: c.hangs}); err != nil {
				t.Fatal(err)
			}
			defer s.ClearFaults()
			for len(asked) > 0 { // of the login before
				<-asked
			}
			over, ended := make(chan struct{}), make(chan struct{})
			go func() {
				for path := range asked {
					if strings.HasPrefix(path, c.hangs) {
						close(over)
						break
					}
				}
				close(ended)
			}()
			err := c.run(late{t.Context(), over})
			<-ended
			if err == nil || !strings.Contains(err.Error(), "no answer") {
				t.Errorf("got %v, want no answer", err)
			}
		})
	}
}
