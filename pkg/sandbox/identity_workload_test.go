package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func (c *client) federate(serviceAccount, assertion string) (int, map[string]any) {
	c.t.Helper()
	return c.form("/oauth/v2/token", url.Values{
		"grant_type":            {"client_credentials"},
		"client_assertion_type": {"urn:schwarz:params:oauth:client-assertion-type:workload-jwt"},
		"client_assertion":      {assertion},
		"client_id":             {serviceAccount},
	})
}

func TestWorkload(t *testing.T) {
	c := start(t)
	for _, test := range []struct {
		name    string
		account string
		claims  map[string]any
		ok      bool
	}{
		{"right", sandbox.AdminServiceAccount, nil, true},
		{"account that trusts nobody", sandbox.ReaderServiceAccount, nil, false},
		{"unknown account", "nobody@sa.stackit.cloud", nil, false},
		{"person", sandbox.AdminUser, nil, false},
		{"other subject", sandbox.AdminServiceAccount, map[string]any{"sub": "repo:evil/plant:ref:refs/heads/main"},
			false},
		{"other audience", sandbox.AdminServiceAccount, map[string]any{"aud": "https://kubernetes.default.svc"}, false},
		{"other issuer", sandbox.AdminServiceAccount, map[string]any{"iss": c.s.WorkloadIssuer() + "/other"}, false},
		{"expired", sandbox.AdminServiceAccount, map[string]any{"exp": c.s.Now().Add(-2 * time.Minute).Unix()}, false},
		{"no expiry", sandbox.AdminServiceAccount, map[string]any{"exp": nil}, false},
		{"not yet valid", sandbox.AdminServiceAccount, map[string]any{"nbf": c.s.Now().Add(2 * time.Minute).Unix()},
			false},
	} {
		t.Run(test.name, func(t *testing.T) {
			assertion, err := c.s.IssueWorkloadToken(test.claims)
			if err != nil {
				t.Fatal(err)
			}
			status, body := c.federate(test.account, assertion)
			if !test.ok {
				if status != 400 || body["error"] != "invalid_grant" {
					t.Errorf("status %d, error %v, want 400 and invalid_grant", status, body["error"])
				}
				return
			}
			token, _ := body["access_token"].(string)
			caller := &client{t: t, s: c.s, http: c.http, token: token}
			if status, _ := caller.get(instancePath + "/token"); status != 200 {
				t.Errorf("the Edge API answers %d", status)
			}
		})
	}
	status, body := c.form("/oauth/v2/token", url.Values{"grant_type": {"client_credentials"},
		"client_id":             {sandbox.AdminServiceAccount},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}})
	if status != 400 || body["error"] != "invalid_request" {
		t.Errorf("assertion type of RFC 7523: status %d, error %v", status, body["error"])
	}
	c.s.Distrust(sandbox.AdminServiceAccount)
	assertion, _ := c.s.IssueWorkloadToken(nil)
	if status, _ := c.federate(sandbox.AdminServiceAccount, assertion); status != 400 {
		t.Errorf("issuer trusted no more: status %d", status)
	}
}

// Another sandbox is the foreign issuer, whose keys are given as JWKS.
func TestWorkloadForeignIssuer(t *testing.T) {
	c, foreign := start(t), start(t)
	_, _, keys := foreign.do(http.MethodGet, "/workload-issuer/keys", "", "")
	assertion, err := foreign.s.IssueWorkloadToken(nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := c.federate(sandbox.ReaderServiceAccount, assertion); status != 400 {
		t.Errorf("issuer not trusted: status %d", status)
	}
	body, err := json.Marshal(map[string]any{"issuer": foreign.s.WorkloadIssuer(), "jwks": json.RawMessage(keys),
		"claims": map[string]string{"sub": sandbox.WorkloadSubject}})
	if err != nil {
		t.Fatal(err)
	}
	path := "/sandbox/service-accounts/" + sandbox.ReaderServiceAccount + "/federated-providers"
	if status, out := c.json(http.MethodPost, path, string(body)); status != 204 {
		t.Fatalf("trust: status %d, %v", status, out)
	}
	if status, out := c.federate(sandbox.ReaderServiceAccount, assertion); status != 200 {
		t.Errorf("issuer trusted: status %d, %v", status, out["error"])
	}
	if err := c.s.Trust(sandbox.ReaderServiceAccount, sandbox.FederatedProvider{JWKS: []byte("{}")}); err == nil {
		t.Error("an empty key set was accepted")
	}
	if err := c.s.Trust(sandbox.AdminUser, sandbox.FederatedProvider{}); err == nil {
		t.Error("a person was accepted as service account")
	}
	if status, _ := c.json(http.MethodDelete, path, ""); status != 204 {
		t.Errorf("distrust: status %d", status)
	}
	if status, _ := c.federate(sandbox.ReaderServiceAccount, assertion); status != 400 {
		t.Errorf("issuer trusted no more: status %d", status)
	}
}

func TestWorkloadIssuer(t *testing.T) {
	c := start(t)
	ctx := oidc.ClientContext(t.Context(), c.http)
	provider, err := oidc.NewProvider(ctx, c.s.WorkloadIssuer())
	if err != nil {
		t.Fatal(err)
	}
	status, out := c.json(http.MethodPost, "/sandbox/workload-tokens", `{"sub":"x"}`)
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	token, err := provider.Verifier(&oidc.Config{ClientID: sandbox.WorkloadAudience, Now: c.s.Now}).Verify(ctx,
		out["token"].(string))
	if err != nil || token.Subject != "x" {
		t.Errorf("token %+v, error %v", token, err)
	}
}

func TestWorkloadCI(t *testing.T) {
	c := start(t)
	for _, test := range []struct {
		name, method, url, bearer, member string
		status                            int
	}{
		{"GitHub", "GET", c.s.GitHubRequestURL() + "&audience=" + sandbox.WorkloadAudience, sandbox.GitHubRequestToken,
			"value", 200},
		{"GitHub with a wrong token", "GET", c.s.GitHubRequestURL(), "x", "value", 401},
		{"Azure DevOps", "POST", c.s.AzureRequestURL() + "?api-version=7.1&audience=" +
			url.QueryEscape(sandbox.AzureAudience), sandbox.AzureSystemToken, "oidcToken", 200},
		{"Azure DevOps without version", "POST", c.s.AzureRequestURL() + "?audience=x", sandbox.AzureSystemToken,
			"oidcToken", 400},
		{"Azure DevOps with a wrong token", "POST", c.s.AzureRequestURL(), "x", "oidcToken", 401},
	} {
		t.Run(test.name, func(t *testing.T) {
			job := &client{t: t, s: c.s, http: c.http, token: test.bearer}
			status, body := job.json(test.method, test.url, "")
			if status != test.status {
				t.Fatalf("status %d, want %d", status, test.status)
			}
			if status != 200 {
				return
			}
			if status, out := c.federate(sandbox.AdminServiceAccount, body[test.member].(string)); status != 200 {
				t.Errorf("exchange: status %d, %v", status, out["error"])
			}
		})
	}
}

func TestTokenExchange(t *testing.T) {
	p := startPerson(t)
	access := p.tokens().AccessToken
	resource := "resource://organizations/" + sandbox.OrganizationID + "/projects/" + sandbox.ProjectID +
		"/regions/eu01/ske/prod"
	right := url.Values{
		"grant_type":           {sandbox.GrantTokenExchange},
		"client_id":            {sandbox.ClientID},
		"subject_token":        {access},
		"subject_token_type":   {"urn:ietf:params:oauth:token-type:access_token"},
		"requested_token_type": {"urn:ietf:params:oauth:token-type:id_token"},
		"scope":                {"openid profile email groups"},
		"resource":             {resource},
	}
	status, body := p.form("/oauth/v2/token", right)
	if status != 200 {
		t.Fatalf("status %d, %v", status, body["error"])
	}
	if _, err := p.provider.Verifier(&oidc.Config{ClientID: resource, Now: p.s.Now}).Verify(p.ctx,
		body["access_token"].(string)); err != nil {
		t.Error(err)
	}
	for _, test := range []struct{ param, value, code string }{
		{"subject_token", "x", "invalid_grant"},
		{"subject_token_type", "x", "invalid_request"},
		{"requested_token_type", "x", "invalid_request"},
		{"resource", "resource://edge/demo", "invalid_target"},
		{"resource", strings.Replace(resource, sandbox.ProjectID, "none", 1), "invalid_target"},
		{"client_id", "x", "invalid_client"},
	} {
		v := url.Values{}
		for k := range right {
			v.Set(k, right.Get(k))
		}
		v.Set(test.param, test.value)
		if status, body := p.form("/oauth/v2/token", v); status != 400 || body["error"] != test.code {
			t.Errorf("%s: status %d, error %v, want %s", test.param, status, body["error"], test.code)
		}
	}
	p.s.SetRole(sandbox.AdminUser, sandbox.EdgeReader)
	if _, body := p.form("/oauth/v2/token", right); body["error"] != "access_denied" {
		t.Errorf("reader: error %v", body["error"])
	}
}
