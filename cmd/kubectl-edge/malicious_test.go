package main

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// attacker is a host that records every request. Its certificate is good, so that nothing but the program itself keeps
// credentials from it.
type attacker struct {
	url, host string
	config    string // a configuration folder that trusts it, with its endpoints

	mu       sync.Mutex
	requests []string
}

func newAttacker(t *testing.T, p *person) *attacker {
	t.Helper()
	a := &attacker{}
	cert, key, err := p.sandbox.ServingCertificate("localhost", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(a.record))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	a.url, a.host = server.URL, strings.TrimPrefix(server.URL, "https://")

	config, err := profile.Load(p.dirs())
	if err != nil {
		t.Fatal(err)
	}
	config.TrustedHosts = append(config.TrustedHosts, a.host)
	bent := config.Profiles[profile.DefaultName]
	bent.Endpoints = profile.Endpoints{
		Edge: a.url + "/edge", ResourceManager: a.url + "/rm", IdentityProvider: a.url, ServiceAccountToken: a.url +
			"/token",
	}
	config.Profiles[profile.DefaultName] = bent
	a.config = t.TempDir()
	if err := config.Save(dirs.Dirs{Config: filepath.Join(a.config, "kubectl-edge")}); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *attacker) record(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests = append(a.requests, fmt.Sprintf("%s %s %v %s", r.Method, r.URL, r.Header, body))
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, `{"access_token":"x","token_type":"Bearer","expires_in":600,"token":"x"}`)
}

// Anyone who writes a kubeconfig, a key file or an answer of the network cannot have credentials sent to a host of
// theirs.
func TestNothingGoesElsewhere(t *testing.T) {
	helper := []string{"kubectl-edge_credential", "--project-id=" + sandbox.ProjectID, "--region=eu01",
		"--instance-id=" + sandbox.InstanceID}
	const interactive = `KUBERNETES_EXEC_INFO={"apiVersion":"client.authentication.k8s.io/v1",` +
		`"kind":"ExecCredential","spec":{"interactive":true}}`
	byKey := func(p *person) { p.logIn("--service-account-key", "admin.json") }
	inBrowser := func(p *person) {
		// A second: it is refreshed at once.
		p.sandbox.Configure(func(s *sandbox.Settings) { s.AccessTokenLifetime = 1 << 30 })
		p.logIn("--browser")
	}
	nobody := func(*person) {}
	redirect := func(path string, status int) func(*person, *attacker) []string {
		return func(p *person, a *attacker) []string {
			p.inject(sandbox.Fault{Path: path, Status: status, Header: map[string]string{"Location": a.url + "/x"}})
			return nil
		}
	}
	theirConfiguration := func(_ *person, a *attacker) []string {
		return []string{"XDG_CONFIG_HOME=" + a.config,
			interactive}
	}
	token := "/edge/v1beta1/projects/" + sandbox.ProjectID + "/regions/eu01/instances/" + sandbox.InstanceID + "/token"

	for name, tc := range map[string]struct {
		before func(*person)
		attack func(*person, *attacker) (env []string)
		run    []string
		want   string // on stderr
	}{
		"configuration named by the kubeconfig": {byKey, theirConfiguration, helper,
			"the session was made with other endpoints"},
		"the same, with a refresh token": {inBrowser, theirConfiguration, helper,
			"the session was made with other endpoints"},
		"the same, with a token in the cache": {func(p *person) {
			byKey(p)
			if code, _, stderr := p.exec(nil, helper...); code != 0 {
				p.t.Fatal(stderr)
			}
		}, theirConfiguration, helper, "the session was made with other endpoints"},
		"Edge API redirects":              {byKey, redirect(token, 302), helper, "redirect"},
		"Edge API redirects, method kept": {byKey, redirect(token, 307), helper, "redirect"},
		"resource manager redirects": {byKey, redirect("/resource-manager/", 308),
			[]string{"kubectl-edge", "project", "list"}, "redirect"},
		"token endpoint redirects": {nobody, redirect("/service-account/token", 307),
			[]string{"kubectl-edge", "login", "--service-account-key", "admin.json"}, "it redirects"},
		"identity provider redirects": {inBrowser, redirect("/oauth/v2/token", 307),
			[]string{"kubectl-edge", "project", "list"}, "it redirects"},
		"discovery document redirects": {nobody, redirect("/.well-known/openid-configuration", 302),
			[]string{"kubectl-edge", "login", "--browser"}, "discovery document"},
		"token endpoint in discovery": {nobody, discovery("token_endpoint"),
			[]string{"kubectl-edge", "login", "--browser"}, "is not below stackit.cloud and not trusted"},
		"authorize endpoint in discovery": {nobody, discovery("authorization_endpoint"),
			[]string{"kubectl-edge", "login", "--browser"}, "is not below stackit.cloud and not trusted"},
		"keys in discovery": {nobody, discovery("jwks_uri"),
			[]string{"kubectl-edge", "login", "--browser"}, "is not below stackit.cloud and not trusted"},
		"device endpoint in discovery": {nobody, discovery("device_authorization_endpoint"),
			[]string{"kubectl-edge", "login", "--device"}, "is not below stackit.cloud and not trusted"},
		"token endpoint in the key": {nobody, bentKey,
			[]string{"kubectl-edge", "login", "--service-account-key", "bent.json"},
			"is not below stackit.cloud and not trusted"},
		"token endpoint in the environment": {forgetEndpoints, func(p *person, a *attacker) []string {
			return []string{"STACKIT_TOKEN_BASEURL=" + a.url, "STACKIT_SERVICE_ACCOUNT_KEY_PATH=" +
				filepath.Join(p.env.WorkDir, "admin.json")}
		}, helper, "is not below stackit.cloud and not trusted"},
		"identity provider in the environment": {forgetEndpoints, func(p *person, a *attacker) []string {
			workload, err := p.sandbox.IssueWorkloadToken(nil)
			if err != nil {
				p.t.Fatal(err)
			}
			return []string{"STACKIT_IDP_TOKEN_ENDPOINT=" + a.url, "STACKIT_USE_OIDC=1",
				"STACKIT_SERVICE_ACCOUNT_EMAIL=" + sandbox.AdminServiceAccount,
				"STACKIT_SERVICE_ACCOUNT_FEDERATED_TOKEN=" + workload}
		}, helper, "is not below stackit.cloud and not trusted"},
		"CI service in the environment": {nobody, func(_ *person, a *attacker) []string {
			return []string{"STACKIT_USE_OIDC=1", "STACKIT_SERVICE_ACCOUNT_EMAIL=" + sandbox.AdminServiceAccount,
				"ACTIONS_ID_TOKEN_REQUEST_URL=" + a.url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN=" + sandbox.GitHubRequestToken}
		}, append(asKubectl(), helper...), "not one of the service's own"},
		"configuration that nobody trusted": {byKey, func(p *person, a *attacker) []string {
			config, err := profile.Load(dirs.Dirs{Config: filepath.Join(a.config, "kubectl-edge")})
			if err != nil {
				p.t.Fatal(err)
			}
			config.TrustedHosts = nil
			if err := config.Save(p.dirs()); err != nil {
				p.t.Fatal(err)
			}
			return nil
		}, helper, "is not below stackit.cloud and not trusted"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPerson(t)
			a := newAttacker(t, p)
			tc.before(p)
			env := tc.attack(p, a)
			opened := p.browsers()
			code, stdout, stderr := p.exec(env, tc.run...)
			if code == 0 || stdout != "" || !strings.Contains(stderr, tc.want) {
				t.Errorf("exit code %d, stdout %q, want %q in stderr:\n%s", code, stdout, tc.want, stderr)
			}
			if got := p.browsers(); got != opened {
				t.Errorf("a browser was opened: %s", got)
			}
			a.mu.Lock()
			defer a.mu.Unlock()
			if len(a.requests) > 0 {
				t.Errorf("requests went elsewhere: %q", a.requests)
			}
		})
	}
}

// discovery has the identity provider's discovery document name the attacker for this endpoint.
func discovery(endpoint string) func(*person, *attacker) []string {
	return func(p *person, a *attacker) []string {
		response, err := p.client.Get(p.sandbox.URL() + "/.well-known/openid-configuration")
		if err != nil {
			p.t.Fatal(err)
		}
		defer response.Body.Close()
		document := map[string]any{}
		if err := json.NewDecoder(response.Body).Decode(&document); err != nil {
			p.t.Fatal(err)
		}
		if document[endpoint] == nil {
			p.t.Fatalf("the discovery document has no %s", endpoint)
		}
		document[endpoint] = a.url + "/x"
		body, err := json.Marshal(document)
		if err != nil {
			p.t.Fatal(err)
		}
		p.inject(sandbox.Fault{Path: "/.well-known/openid-configuration", Status: 200, ContentType: "application/json",
			Body: string(body)})
		return nil
	}
}

// bentKey writes a key file whose own token endpoint is the attacker's, and forgets the configured one, which goes
// first.
func bentKey(p *person, a *attacker) []string {
	key := map[string]any{}
	if err := json.Unmarshal(p.sandbox.ServiceAccountKey(), &key); err != nil {
		p.t.Fatal(err)
	}
	key["credentials"].(map[string]any)["tokenEndpoint"] = a.url + "/token"
	data, err := json.Marshal(key)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.env.WorkDir, "bent.json"), data, 0o600); err != nil {
		p.t.Fatal(err)
	}
	forgetEndpoints(p)
	return nil
}

// forgetEndpoints removes from the configuration what would go before other places that name token endpoints.
func forgetEndpoints(p *person) {
	p.t.Helper()
	config, err := profile.Load(p.dirs())
	if err != nil {
		p.t.Fatal(err)
	}
	own := config.Profiles[profile.DefaultName]
	own.Endpoints.ServiceAccountToken, own.Endpoints.IdentityProvider = "", ""
	config.Profiles[profile.DefaultName] = own
	if err := config.Save(p.dirs()); err != nil {
		p.t.Fatal(err)
	}
}

func (p *person) inject(f sandbox.Fault) {
	p.t.Helper()
	if err := p.sandbox.Inject(f); err != nil {
		p.t.Fatal(err)
	}
}

// logIn has the person log in, in a browser that signs in by itself if need be.
func (p *person) logIn(args ...string) {
	p.t.Helper()
	if code, _, stderr := p.exec(nil, append([]string{"kubectl-edge", "login"}, args...)...); code != 0 {
		p.t.Fatal(stderr)
	}
}

// browsers are the addresses that a browser was opened at.
func (p *person) browsers() string {
	log, err := os.ReadFile(p.env.Getenv("BROWSER_LOG"))
	if err != nil && !os.IsNotExist(err) {
		p.t.Fatal(err)
	}
	return string(log)
}
