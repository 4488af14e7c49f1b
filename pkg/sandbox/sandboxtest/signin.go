package sandboxtest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// SignIn does what a person does in a browser at an authorization URL: fills in the form and allows, or denies. It
// returns the URL to which the browser would be sent back, with code or error in its query, and does not open it.
func SignIn(ctx context.Context, client *http.Client, authorizationURL, email, password string, allow bool) (*url.URL,
	error) {
	noRedirect := *client
	noRedirect.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := submit(ctx, &noRedirect, authorizationURL, email, password, allow)
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	if resp.StatusCode != http.StatusSeeOther {
		return nil, fmt.Errorf("sign in: %s", resp.Status)
	}
	return resp.Location()
}

// ConnectDevice does what a person does at a device's verification_uri_complete.
func ConnectDevice(ctx context.Context, client *http.Client, verificationURIComplete, email, password string,
	allow bool) error {
	resp, err := submit(ctx, client, verificationURIComplete, email, password, allow)
	if err != nil {
		return fmt.Errorf("connect device: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("connect device: %s", resp.Status)
	}
	return nil
}

func submit(ctx context.Context, client *http.Client, page, email, password string, allow bool) (*http.Response,
	error) {
	form := url.Values{"email": {email}, "password": {password}, "decision": {"deny"}}
	if allow {
		form.Set("decision", "allow")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, page, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp, err
}
