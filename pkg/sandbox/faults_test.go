package sandbox_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/fault"
)

func TestFaultSelection(t *testing.T) {
	c := start(t).as(sandbox.AdminServiceAccount)
	for _, test := range []struct {
		name  string
		fault sandbox.Fault
		want  []int // statuses of GET instance, three times
	}{
		{"any", sandbox.Fault{Status: 502}, []int{502, 502, 502}},
		{"prefix", sandbox.Fault{Path: "/edge/", Status: 502}, []int{502, 502, 502}},
		{"other prefix", sandbox.Fault{Path: "/oauth/", Status: 502}, []int{200, 200, 200}},
		{"pattern", sandbox.Fault{Path: "/edge/v1beta1/projects/*/regions/*/instances/*", Status: 502},
			[]int{502, 502, 502}},
		{"longer pattern", sandbox.Fault{Path: "/edge/v1beta1/projects/*/regions/*/instances/*/token", Status: 502},
			[]int{200, 200, 200}},
		{"other method", sandbox.Fault{Method: "PUT", Status: 502}, []int{200, 200, 200}},
		{"burst", sandbox.Fault{Preset: "gateway-timeout", Times: 2}, []int{504, 504, 200}},
		{"later", sandbox.Fault{Preset: "bad-gateway", After: 1, Times: 1}, []int{200, 502, 200}},
		{"preset and status", sandbox.Fault{Preset: "bad-gateway", Status: 503}, []int{503, 503, 503}},
		{"token", sandbox.Fault{Token: c.token, Preset: "unauthorized", Times: 2}, []int{401, 401, 200}},
		{"another token", sandbox.Fault{Token: c.as(sandbox.AdminServiceAccount).token, Status: 502},
			[]int{200, 200, 200}},
		{"delay alone", sandbox.Fault{Delay: 1}, []int{200, 200, 200}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := c.s.Inject(test.fault); err != nil {
				t.Fatal(err)
			}
			for n, want := range test.want {
				if status, _, _ := c.do("GET", instancePath, "", ""); status != want {
					t.Errorf("request %d: status %d, want %d", n, status, want)
				}
			}
			c.s.ClearFaults()
			if status, _ := c.get(instancePath); status != 200 {
				t.Errorf("cleared: status %d", status)
			}
		})
	}
}

func TestFaultPresets(t *testing.T) {
	c := start(t).as(sandbox.AdminServiceAccount)
	for _, preset := range fault.Presets() {
		if err := c.s.Inject(sandbox.Fault{Preset: preset, Times: 1}); err != nil {
			t.Fatal(err)
		}
		if slices.Contains([]string{"hang", "unanswered", "cut", "cut-body", "lost-answer"}, preset) {
			c.s.ClearFaults()
			continue
		}
		if status, _, _ := c.do("GET", instancePath, "", ""); status == 0 {
			t.Errorf("%s: no answer", preset)
		}
	}
	_ = c.s.Inject(sandbox.Fault{Preset: "too-many-requests", Header: map[string]string{"Retry-After": "7"}})
	if status, header, _ := c.do("GET", instancePath, "", ""); status != 429 || header.Get("Retry-After") != "7" {
		t.Errorf("status %d, Retry-After %q", status, header.Get("Retry-After"))
	}
	for _, bad := range []sandbox.Fault{{Preset: "none"}, {Path: "[", Status: 500}, {Status: 99}, {}, {Body: "x"}} {
		if c.s.Inject(bad) == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

func TestFaultCut(t *testing.T) {
	c := start(t).as(sandbox.AdminServiceAccount)
	_ = c.s.Inject(sandbox.Fault{Preset: "cut", Times: 1})
	_ = c.s.Inject(sandbox.Fault{Preset: "cut-body", Times: 1})
	if resp, err := c.http.Post(c.s.URL()+instancePath, "", nil); err == nil {
		resp.Body.Close()
		t.Errorf("cut: status %d", resp.StatusCode)
	}
	resp, err := c.http.Get(c.s.URL() + instancePath)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut in the body: %v, want %v", err, io.ErrUnexpectedEOF)
	}
}

func TestFaultHang(t *testing.T) {
	arrived := make(chan struct{}, 1)
	c := start(t, func(o *sandbox.Options) {
		o.OnRequest = func(r *http.Request) {
			if r.URL.Path == instancePath {
				arrived <- struct{}{}
			}
		}
	}).as(sandbox.AdminServiceAccount)
	_ = c.s.Inject(sandbox.Fault{Preset: "hang", Path: "/edge/"})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, c.s.URL()+instancePath, nil)
		_, err := c.http.Do(req)
		done <- err
	}()
	<-arrived
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	go func() {
		_, err := c.http.Get(c.s.URL() + instancePath)
		done <- err
	}()
	<-arrived
	c.s.ClearFaults() // may come before the request hangs, which then is answered
	<-done
}
