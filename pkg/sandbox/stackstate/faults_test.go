package stackstate

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/fault"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
)

func newFaultyServer(t *testing.T) (*httptest.Server, *fault.Handler) {
	t.Helper()
	s, err := New(Options{APITokens: map[string]User{adminToken: {Name: "admin", Roles: []string{RoleAdmin}}}})
	if err != nil {
		t.Fatal(err)
	}
	f := fault.New(s).AddPresets("/", Presets())
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	return srv, f
}

func TestFaultAnswers(t *testing.T) {
	srv, f := newFaultyServer(t)
	for _, tc := range []struct {
		fault      fault.Fault
		info, list answer // an empty body means any
	}{
		{fault.Fault{Preset: "unauthorized-html"}, answer{401, "text/html; charset=utf-8", ""},
			answer{401, "text/html; charset=utf-8", ""}},
		{fault.Fault{Preset: "internal-error", Method: "POST"}, answer{200, "application/json", ""},
			answer{200, "application/json", "[]"}},
		{fault.Fault{Preset: "internal-error"}, answer{500, "application/json", ""},
			answer{500, "application/json", ""}},
		{fault.Fault{Preset: "unauthorized", Path: "/api/security/"}, answer{200, "application/json", ""},
			answer{401, "application/json", ""}},
		{fault.Fault{Preset: "old-version"}, answer{200, "application/json",
			`{"version":{"major":5,"minor":0,"patch":0,"diff":"","commit":"","isDev":true},` +
				`"deploymentMode":"SelfHosted","applicationDomains":["Observability"]}`},
			answer{200, "application/json", "[]"}},
		{fault.Fault{Delay: 1}, answer{200, "application/json", ""}, answer{200, "application/json", "[]"}},
		{fault.Fault{Preset: "internal-error", After: 1, Times: 1}, answer{200, "application/json", ""},
			answer{500, "application/json", ""}},
		{fault.Fault{Preset: "internal-error", Times: 1}, answer{500, "application/json", ""},
			answer{200, "application/json", "[]"}},
	} {
		sandboxtest.SetFaults(t, f, tc.fault)
		check(t, tc.fault, "/api/server/info", call(t, srv, "GET", "/api/server/info", asAdmin, ""), tc.info)
		check(t, tc.fault, "/api/security/tokens", call(t, srv, "GET", "/api/security/tokens", asAdmin, ""), tc.list)
	}
}

func check(t *testing.T, f fault.Fault, path string, got, want answer) {
	t.Helper()
	if want.body == "" {
		got.body = ""
	}
	if got != want {
		t.Errorf("%+v: %s answered %+v, want %+v", f, path, got, want)
	}
}

// TestFaultsOnTheConnection: what a client sees, and what the server did.
func TestFaultsOnTheConnection(t *testing.T) {
	srv, f := newFaultyServer(t)
	post := func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, "POST", srv.URL+"/api/security/tokens",
			strings.NewReader(`{"name":"n","roles":["r"]}`))
		if err != nil {
			return err
		}
		req.Header.Set("X-API-Token", adminToken)
		resp, err := srv.Client().Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.ReadAll(resp.Body)
		return err
	}
	tokens := func() int {
		f.Clear()
		return strings.Count(call(t, srv, "GET", "/api/security/tokens", asAdmin, "").body, `"id"`)
	}

	sandboxtest.SetFaults(t, f, fault.Fault{Preset: "cut-body"})
	if err := post(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut: %v, want an unexpected EOF", err)
	}
	if n := tokens(); n != 0 {
		t.Errorf("cut: %d tokens made, want 0", n)
	}
	sandboxtest.SetFaults(t, f, fault.Fault{Preset: "lost-answer"})
	if err := post(t.Context()); err == nil {
		t.Error("lost answer: no error")
	}
	if n := tokens(); n != 1 {
		t.Errorf("lost answer: %d tokens made, want 1", n)
	}
	sandboxtest.SetFaults(t, f, fault.Fault{Preset: "hang"})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := post(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hang: %v, want a deadline", err)
	}
}
