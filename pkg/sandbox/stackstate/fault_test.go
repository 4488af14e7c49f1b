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
)

func newFaultyServer(t *testing.T) (*httptest.Server, *Faults) {
	t.Helper()
	s, err := New(Options{APITokens: map[string]User{adminToken: {Name: "admin", Roles: []string{RoleAdmin}}}})
	if err != nil {
		t.Fatal(err)
	}
	f := NewFaults(s)
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	return srv, f
}

func TestFaultAnswers(t *testing.T) {
	srv, f := newFaultyServer(t)
	for _, tc := range []struct {
		fault      Fault
		info, list answer // an empty body means any
	}{
		{Fault{Kind: FaultHTML}, answer{401, "text/html; charset=utf-8", ""}, answer{401, "text/html; charset=utf-8", ""}},
		{Fault{Kind: FaultInternal, Method: "POST"}, answer{200, "application/json", ""}, answer{200, "application/json", "[]"}},
		{Fault{Kind: FaultInternal}, answer{500, "application/json", ""}, answer{500, "application/json", ""}},
		{Fault{Kind: FaultUnauthorized, Path: "/api/security"}, answer{200, "application/json", ""}, answer{401, "application/json", ""}},
		{Fault{Kind: FaultOldVersion}, answer{200, "application/json",
			`{"version":{"major":5,"minor":0,"patch":0,"diff":"","commit":"","isDev":true},"deploymentMode":"SelfHosted","applicationDomains":["Observability"]}`},
			answer{200, "application/json", "[]"}},
		{Fault{Kind: FaultSlow, DelayMillis: 1}, answer{200, "application/json", ""}, answer{200, "application/json", "[]"}},
		{Fault{Kind: FaultInternal, After: 1, Times: 1}, answer{200, "application/json", ""}, answer{500, "application/json", ""}},
		{Fault{Kind: FaultInternal, Times: 1}, answer{500, "application/json", ""}, answer{200, "application/json", "[]"}},
	} {
		if err := f.Set(tc.fault); err != nil {
			t.Fatal(err)
		}
		check(t, tc.fault, "/api/server/info", call(t, srv, "GET", "/api/server/info", asAdmin, ""), tc.info)
		check(t, tc.fault, "/api/security/tokens", call(t, srv, "GET", "/api/security/tokens", asAdmin, ""), tc.list)
	}
}

func check(t *testing.T, f Fault, path string, got, want answer) {
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
		req, err := http.NewRequestWithContext(ctx, "POST", srv.URL+"/api/security/tokens", strings.NewReader(`{"name":"n","roles":["r"]}`))
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
		f.Set()
		return strings.Count(call(t, srv, "GET", "/api/security/tokens", asAdmin, "").body, `"id"`)
	}

	f.Set(Fault{Kind: FaultCut})
	if err := post(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut: %v, want an unexpected EOF", err)
	}
	if n := tokens(); n != 0 {
		t.Errorf("cut: %d tokens made, want 0", n)
	}
	f.Set(Fault{Kind: FaultLostAnswer})
	if err := post(t.Context()); err == nil {
		t.Error("lost answer: no error")
	}
	if n := tokens(); n != 1 {
		t.Errorf("lost answer: %d tokens made, want 1", n)
	}
	f.Set(Fault{Kind: FaultSlow})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := post(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("slow: %v, want a deadline", err)
	}
}

func TestFaultsControl(t *testing.T) {
	srv, _ := newFaultyServer(t)
	if got := call(t, srv, "PUT", FaultsPath, "", `[{"kind":"internal-error","times":1}]`); got.status != 200 ||
		got.body != `[{"kind":"internal-error","times":1}]` {
		t.Error("put:", got)
	}
	if got := call(t, srv, "GET", "/api/server/info", asAdmin, ""); got.status != 500 {
		t.Error("fault is not in force:", got)
	}
	for body, want := range map[string]int{`[{"kind":"nonsense"}]`: 400, `{`: 400} {
		if got := call(t, srv, "PUT", FaultsPath, "", body); got.status != want {
			t.Errorf("put %s: %+v, want %d", body, got, want)
		}
	}
	if got := call(t, srv, "DELETE", FaultsPath, "", ""); got.body != "[]" {
		t.Error("delete:", got)
	}
	if got := call(t, srv, "POST", FaultsPath, "", ""); got.status != 405 {
		t.Error("post:", got)
	}
}
