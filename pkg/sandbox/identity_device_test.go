package sandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
)

// poll asks once for the tokens of a device and returns the error code, or "".
func (p *person) poll(deviceCode string) string {
	p.t.Helper()
	_, body := p.form("/oauth/v2/token", url.Values{"grant_type": {sandbox.GrantDeviceCode},
		"client_id": {sandbox.ClientID}, "device_code": {deviceCode}})
	code, _ := body["error"].(string)
	return code
}

func TestDevice(t *testing.T) {
	p := startPerson(t, func(o *sandbox.Options) { o.Settings.DeviceInterval = sandbox.Duration(time.Second) })
	auth, err := p.config.DeviceAuth(p.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if auth.Interval != 1 || len(auth.UserCode) != 9 || auth.VerificationURI != p.s.URL()+"/device" {
		t.Errorf("interval %d, user code %q, URI %q", auth.Interval, auth.UserCode, auth.VerificationURI)
	}
	if err := sandboxtest.ConnectDevice(p.ctx, p.http, auth.VerificationURIComplete, sandbox.AdminUser,
		sandbox.AdminPassword, true); err != nil {
		t.Fatal(err)
	}
	// oauth2 reads expires_in by the machine's clock.
	token, err := p.config.DeviceAccessToken(p.ctx,
		&oauth2.DeviceAuthResponse{DeviceCode: auth.DeviceCode, Interval: 1})
	if err != nil {
		t.Fatal(err)
	}
	if !p.works(token.AccessToken) || token.RefreshToken == "" || token.Extra("id_token") == nil {
		t.Error("the tokens do not work")
	}
	if got := p.poll(auth.DeviceCode); got != "invalid_grant" {
		t.Errorf("second use: error %q, want invalid_grant", got)
	}
}

func TestDevicePolling(t *testing.T) {
	p := startPerson(t)
	auth, err := p.config.DeviceAuth(p.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for n, step := range []struct {
		advance time.Duration
		want    string
	}{
		{0, "authorization_pending"},
		{5 * time.Second, "authorization_pending"},
		{4 * time.Second, "slow_down"}, // from now on 10 s
		{5 * time.Second, "slow_down"}, // 15 s
		{15 * time.Second, "authorization_pending"},
		{10 * time.Minute, "expired_token"},
	} {
		p.s.Advance(step.advance)
		if got := p.poll(auth.DeviceCode); got != step.want {
			t.Errorf("step %d: error %q, want %q", n, got, step.want)
		}
	}
	if got := p.poll("unknown"); got != "invalid_grant" {
		t.Errorf("unknown device code: error %q", got)
	}
	if err := sandboxtest.ConnectDevice(p.ctx, p.http, auth.VerificationURIComplete, sandbox.AdminUser,
		sandbox.AdminPassword, true); err == nil {
		t.Error("connected a device whose code has expired")
	}
}

func TestDeviceDenied(t *testing.T) {
	p := startPerson(t)
	auth, err := p.config.DeviceAuth(p.ctx)
	if err != nil {
		t.Fatal(err)
	}
	typed := strings.ToLower(strings.ReplaceAll(auth.UserCode, "-", ""))
	if status, body, _ := p.page(http.MethodGet, "/device", nil, nil); status != 200 ||
		!strings.Contains(body, `name="user_code"`) {
		t.Error("no page that asks for the code")
	}
	if status, body, _ := p.page(http.MethodGet, "/device?user_code="+typed, nil, nil); status != 200 ||
		!strings.Contains(body, auth.UserCode) {
		t.Errorf("typed code: status %d, or the page lacks the code", status)
	}
	if status, _, _ := p.page(http.MethodGet, "/device?user_code=BCDF-GHJK", nil, nil); status != 404 {
		t.Errorf("unknown code: status %d", status)
	}
	if err := sandboxtest.ConnectDevice(p.ctx, p.http, auth.VerificationURIComplete, "", "", false); err != nil {
		t.Fatal(err)
	}
	if got := p.poll(auth.DeviceCode); got != "access_denied" {
		t.Errorf("error %q, want access_denied", got)
	}
	p.s.Configure(func(s *sandbox.Settings) { s.NoDeviceFlow = true })
	if _, err := p.config.DeviceAuth(p.ctx); err == nil {
		t.Error("device flow works though it is off")
	}
}
