// Package signin does what a person does at the sandbox's pages, without a browser.
package signin

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
	resp, err := Submit(ctx, &noRedirect, authorizationURL, email, password, allow)
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	if resp.StatusCode != http.StatusSeeOther {
		return nil, fmt.Errorf("sign in: %s", resp.Status)
	}
	return resp.Location()
}

// Submit sends the form of a page that asks for e-mail, password and a decision. The response's body has been read.
func Submit(ctx context.Context, client *http.Client, page, email, password string, allow bool) (*http.Response,
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
