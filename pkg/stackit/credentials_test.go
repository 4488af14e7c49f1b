package stackit

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// The two calls that mint, as functions of the same form.
func mints(w *world) map[string]func(context.Context, string) (string, error) {
	return map[string]func(context.Context, string) (string, error){
		"token": func(ctx context.Context, id string) (string, error) {
			return w.Token(ctx, sandbox.ProjectID, sandbox.Region, id, 15*time.Minute)
		},
		"kubeconfig": func(ctx context.Context, id string) (string, error) {
			b, err := w.Kubeconfig(ctx, sandbox.ProjectID, sandbox.Region, id, 15*time.Minute)
			if err != nil {
				return "", err
			}
			var k struct {
				Users []struct{ User struct{ Token string } }
			}
			if err := json.Unmarshal(b, &k); err != nil || len(k.Users) != 1 {
				return "", errors.New("no kubeconfig with one user")
			}
			return k.Users[0].User.Token, nil
		},
	}
}

func TestMint(t *testing.T) {
	w := newWorld(t, sandbox.AdminServiceAccount)
	for what, call := range mints(w) {
		t.Run(what, func(t *testing.T) {
			token, err := call(t.Context(), sandbox.InstanceID)
			if err != nil {
				t.Fatal(err)
			}
			var claims jwt.RegisteredClaims
			if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
				t.Fatal(err)
			}
			if got := claims.ExpiresAt.Sub(claims.IssuedAt.Time); got != 15*time.Minute {
				t.Errorf("valid for %v, want 15m", got)
			}
		})
	}
	if got, want := w.Stats().Mints[sandbox.InstanceID], (sandbox.Mints{Token: 1, Kubeconfig: 1}); got != want {
		t.Errorf("minted %+v, want %+v", got, want)
	}
}

// Whatever goes wrong, a request that mints is sent once: who knows whether it minted.
func TestMintIsNeverRepeated(t *testing.T) {
	w := newWorld(t, sandbox.AdminServiceAccount)
	for _, fault := range []sandbox.Fault{
		{Preset: "too-many-requests"}, {Preset: "internal-error"}, {Preset: "bad-gateway"}, {Preset: "unavailable"},
		{Preset: "gateway-timeout"}, {Preset: "conflict"}, {Preset: "unknown-key"}, {Preset: "forbidden"},
		{Preset: "cut"}, {Preset: "cut-body"},
		{Preset: "not-json"}, {Preset: "empty"}, {Preset: "html"}, {Preset: "not-found-empty"},
	} {
		t.Run(fault.Preset, func(t *testing.T) {
			w.reset()
			fault.Path = "/edge/v1beta1/projects/*/regions/*/instances/*/*"
			w.fail(t, fault)
			for what, call := range mints(w) {
				// On a connection kept alive net/http would repeat a GET by itself.
				if _, err := w.Instance(t.Context(), sandbox.ProjectID, sandbox.Region,
					sandbox.InstanceID); err != nil {
					t.Fatal(err)
				}
				token, err := call(t.Context(), sandbox.InstanceID)
				if err == nil || token != "" {
					t.Errorf("%s: got %q, %v", what, token, err)
				}
				if n := w.requests("GET", "/instances/"+sandbox.InstanceID+"/"+what); n != 1 {
					t.Errorf("%s: %d requests, want 1", what, n)
				}
			}
			if len(w.pauses) != 0 {
				t.Errorf("paused %v", w.pauses)
			}
		})
	}
}

func TestMintSendsNoBody(t *testing.T) {
	w := newWorld(t, sandbox.AdminServiceAccount)
	var length int64 = -2
	base := w.http.Transport
	w.http.Transport = roundTripperFunc(func(req *http.Request) (*http.Response, error) {
		length = req.ContentLength
		if n, err := io.Copy(io.Discard, req.Body); n != 0 || err != nil {
			t.Errorf("a body of %d bytes, %v", n, err)
		}
		return base.RoundTrip(req)
	})
	if _, err := w.Token(t.Context(), sandbox.ProjectID, sandbox.Region, sandbox.InstanceID, time.Hour); err != nil ||
		length != 0 {
		t.Errorf("length %d, %v", length, err)
	}
}

type roundTripperFunc func(*http.Request) (*http.Response, error)

func (f roundTripperFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestMintNotReady(t *testing.T) {
	w := newWorld(t, sandbox.AdminServiceAccount)
	for _, c := range []struct{ name, status, want string }{
		{"reconciling", sandbox.StatusReconciling, "instance plant-3714d85 is not ready yet (reconciling)"},
		{"active already", sandbox.StatusActive, "instance plant-3714d85 is active but gives out no credentials yet"},
		{"error", sandbox.StatusError, "instance plant-3714d85 is not ready (error)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.SetInstance(sandbox.ReconcilingID, func(i *sandbox.Instance) {
				i.Status, i.Credentials = c.status,
					sandbox.CredentialsRefused
			})
			for what, call := range mints(w) {
				_, err := call(t.Context(), sandbox.ReconcilingID)
				var notReady *NotReadyError
				if !errors.As(err, &notReady) || notReady.Instance.Status != c.status ||
					!strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: got %v, want %q", what, err, c.want)
				}
				if h := hint.Of(err); !strings.Contains(h, "kubectl edge instance describe plant-3714d85") {
					t.Errorf("%s: hint %q", what, h)
				}
			}
			if n := w.Stats().Minted(); n != 0 {
				t.Errorf("minted %d", n)
			}
		})
	}
}

func TestMintRefused(t *testing.T) {
	for _, c := range []struct {
		name, email, project, id string
		status                   int
		hint                     string
	}{
		{"unknown instance", sandbox.AdminServiceAccount, sandbox.ProjectID, "gone-3714d85", 404,
			"kubectl edge instance list --project-id " + sandbox.ProjectID + " --region eu01"},
		{"another's project", sandbox.AdminServiceAccount, absentProject, sandbox.InstanceID, 403,
			"role edge.admin in project " + absentProject},
		{"reader", sandbox.ReaderServiceAccount, sandbox.ProjectID, sandbox.InstanceID, 403,
			"role edge.admin in project " + sandbox.ProjectID},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.email)
			_, err := w.Token(t.Context(), c.project, sandbox.Region, c.id, time.Hour)
			if !hasStatus(err, c.status) || !strings.Contains(err.Error(), c.id) ||
				!strings.Contains(hint.Of(err), c.hint) {
				t.Errorf("got %v, hint %q", err, hint.Of(err))
			}
			if notReady := (*NotReadyError)(nil); errors.As(err, &notReady) {
				t.Error("not ready, want not found")
			}
		})
	}
}

// When it cannot be found out whether the instance exists, the 404 of the request itself stands.
func TestMintNotReadyUnknown(t *testing.T) {
	w := newWorld(t, sandbox.AdminServiceAccount)
	w.fail(t, sandbox.Fault{Preset: "bad-gateway", Path: "/edge/v1beta1/projects/*/regions/*/instances/*"})
	_, err := w.Token(t.Context(), sandbox.ProjectID, sandbox.Region, sandbox.ReconcilingID, time.Hour)
	if !hasStatus(err, http.StatusNotFound) {
		t.Errorf("got %v", err)
	}
}

// No error says what a token is, even if the API's own message does.
func TestMintErrorsHideTokens(t *testing.T) {
	w := newWorld(t, sandbox.AdminServiceAccount)
	access, _ := w.tokens.Token(t.Context())
	minted, err := w.IssueInstanceToken(sandbox.InstanceID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []sandbox.Fault{
		{Status: 401, ContentType: "text/plain", Body: "refused: " + access},
		{Status: 500, ContentType: "application/json", Body: `{"code":"` + access + `","message":"could not return ` +
			minted + `"}`},
		{Status: 200, ContentType: "application/json", Body: `{"token":"` + minted},
		{Status: 200, ContentType: "text/plain", Body: minted},
		{Status: 302, Header: map[string]string{"Location": "https://other.example/?token=" + minted}},
		{Status: 302, Header: map[string]string{"Location": "https://%zz/" + minted}},
	} {
		w.ClearFaults()
		w.fail(t, f)
		_, err := w.Token(t.Context(), sandbox.ProjectID, sandbox.Region, sandbox.InstanceID, time.Hour)
		if err == nil {
			t.Errorf("%d: no error", f.Status)
			continue
		}
		for _, secret := range []string{access, minted, minted[len(minted)-40:]} {
			if strings.Contains(err.Error()+hint.Of(err), secret) {
				t.Errorf("%d: the error holds a token", f.Status)
			}
		}
	}
}
