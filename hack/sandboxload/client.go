package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"sync/atomic"

	"golang.org/x/oauth2"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/control"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
)

// client is a program or a person that uses STACKIT, each in its own way and again and again.
type client struct {
	n        int
	base     string
	http     *http.Client
	requests *atomic.Int64
}

func newClient(n int, requests *atomic.Int64) (*client, error) {
	h, err := control.NewHTTP(os.Getenv("EDGE_SANDBOX_CA"))
	if err != nil {
		return nil, err
	}
	h.Timeout = 0 // the load's end is enough
	c := &client{n: n, base: os.Getenv("EDGE_SANDBOX_URL"), http: h, requests: requests}
	h.Transport = counted{h.Transport, requests}
	return c, nil
}

// counted counts requests.
type counted struct {
	next     http.RoundTripper
	requests *atomic.Int64
}

func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	c.requests.Add(1)
	return c.next.RoundTrip(r)
}

// work goes on until ctx ends.
func (c *client) work(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := c.round(ctx); err != nil {
			return err
		}
	}
	return nil
}

// rounds is how often a client asks for everything with one login. Every tenth client is a person, who signs in.
const rounds = 5

func (c *client) round(ctx context.Context) error {
	login := c.asWorkload
	if c.n%10 == 0 {
		login = c.asPerson
	}
	token, err := login(ctx)
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	instances := "/edge/v1beta1/projects/" + sandbox.ProjectID + "/regions/" + sandbox.Region + "/instances"
	for range rounds {
		for _, path := range []string{
			instances, instances + "/" + sandbox.InstanceID, instances + "/" + sandbox.InstanceID + "/token",
			instances + "/" + sandbox.InstanceID + "/kubeconfig",
			"/resource-manager/v2/projects?containerParentId=" + sandbox.ParentID,
		} {
			if err := c.get(ctx, path, token); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *client) get(ctx context.Context, path, token string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	_, err = c.answer(req)
	return err
}

// answer sends a request, and returns the body of an answer of status 200.
func (c *client) answer(req *http.Request) ([]byte, error) {
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s", req.Method, req.URL.Path, res.Status)
	}
	return body, err
}

// asWorkload logs in with a workload's token, as programs in CI do.
func (c *client) asWorkload(ctx context.Context) (string, error) {
	var workload struct{ Token string }
	if err := c.post(ctx, "/sandbox/workload-tokens", "application/json", "{}", &workload); err != nil {
		return "", err
	}
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	form := url.Values{
		"grant_type":            {sandbox.GrantClientCredentials},
		"client_id":             {sandbox.AdminServiceAccount},
		"client_assertion_type": {"urn:schwarz:params:oauth:client-assertion-type:workload-jwt"},
		"client_assertion":      {workload.Token},
	}
	err := c.post(ctx, "/oauth/v2/token", "application/x-www-form-urlencoded", form.Encode(), &answer)
	return answer.AccessToken, err
}

func (c *client) post(ctx context.Context, path, contentType, body string, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	data, err := c.answer(req)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, out)
}

// asPerson signs in with the form of a browser that starts empty, and redeems the code.
func (c *client) asPerson(ctx context.Context) (string, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	browser := &http.Client{Transport: c.http.Transport, Jar: jar}
	verifier := oauth2.GenerateVerifier()
	config := oauth2.Config{
		ClientID: sandbox.ClientID, RedirectURL: "http://localhost:8000",
		Endpoint: oauth2.Endpoint{AuthURL: c.base + "/oauth/v2/authorize", TokenURL: c.base + "/oauth/v2/token",
			AuthStyle: oauth2.AuthStyleInParams},
		Scopes: []string{"openid", "offline_access", "email"},
	}
	back, err := sandboxtest.SignIn(ctx, browser, config.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier)),
		sandbox.AdminUser, sandbox.AdminPassword, true)
	if err != nil {
		return "", err
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, c.http)
	token, err := config.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		return "", err
	}
	return token.AccessToken, nil
}
