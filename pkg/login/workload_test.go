package login

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/trust"
)

func (w *world) workloadToken(claims map[string]any) string {
	w.t.Helper()
	token, err := w.sandbox.IssueWorkloadToken(claims)
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

func TestWorkloadIdentity(t *testing.T) {
	w := newWorld(t)
	token := w.workloadToken(nil)
	file := w.write("token", []byte(token+"\n"))
	const (
		email = "STACKIT_SERVICE_ACCOUNT_EMAIL"
		on    = "STACKIT_USE_OIDC"
		admin = sandbox.AdminServiceAccount
	)
	github := map[string]string{on: "1", email: admin,
		"ACTIONS_ID_TOKEN_REQUEST_URL":   w.sandbox.GitHubRequestURL(),
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN": sandbox.GitHubRequestToken}
	azure := map[string]string{on: "1", email: admin,
		"SYSTEM_OIDCREQUESTURI": w.sandbox.AzureRequestURL(), "SYSTEM_ACCESSTOKEN": sandbox.AzureSystemToken}
	with := func(env map[string]string, more ...string) map[string]string {
		all := map[string]string{}
		for name, value := range env {
			all[name] = value
		}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	for _, tc := range []struct {
		name       string
		env        map[string]string
		want, next string // of the error
	}{
		{"file", map[string]string{email: admin, "STACKIT_FEDERATED_TOKEN_FILE": file}, "", ""},
		{"file, switched on", map[string]string{on: "1", email: admin, "STACKIT_FEDERATED_TOKEN_FILE": file}, "", ""},
		{"inline", map[string]string{email: admin, "STACKIT_SERVICE_ACCOUNT_FEDERATED_TOKEN": token}, "", ""},
		{"inline before file", map[string]string{email: admin, "STACKIT_SERVICE_ACCOUNT_FEDERATED_TOKEN": token,
			"STACKIT_FEDERATED_TOKEN_FILE": "/missing"}, "", ""},
		{"before a key", map[string]string{email: admin, "STACKIT_FEDERATED_TOKEN_FILE": file,
			"STACKIT_SERVICE_ACCOUNT_KEY_PATH": "/missing"}, "", ""},
		{"GitHub", github, "", ""},
		{"Azure DevOps", azure, "", ""},
		{"file before GitHub", with(github, "STACKIT_FEDERATED_TOKEN_FILE", file, "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
			"wrong"), "",
			""},

		{"no e-mail address", map[string]string{on: "1", "STACKIT_FEDERATED_TOKEN_FILE": file},
			"STACKIT_SERVICE_ACCOUNT_EMAIL is not set", "set STACKIT_SERVICE_ACCOUNT_EMAIL"},
		{"no token", map[string]string{on: "1", email: admin}, "no token of this workload was found",
			"STACKIT_FEDERATED_TOKEN_FILE"},
		{"file missing", map[string]string{email: admin, "STACKIT_FEDERATED_TOKEN_FILE": "/missing/token"},
			"workload token of /missing/token: open", ""},
		{"file empty", map[string]string{email: admin, "STACKIT_FEDERATED_TOKEN_FILE": w.write("empty", nil)},
			"it is not a JWT",
			""},
		{"file of another kind", map[string]string{email: admin,
			"STACKIT_FEDERATED_TOKEN_FILE": w.write("text", []byte("a.b c"))},
			"it is not a JWT", ""},
		{"expired", map[string]string{email: admin,
			"STACKIT_SERVICE_ACCOUNT_FEDERATED_TOKEN": w.workloadToken(map[string]any{
				"exp": time.Now().Add(-time.Hour).Unix(),
			})},
			"it expired at", "renew"},
		{"another subject", map[string]string{email: admin,
			"STACKIT_SERVICE_ACCOUNT_FEDERATED_TOKEN": w.workloadToken(map[string]any{
				"sub": "system:serviceaccount:x:y",
			})},
			"it was rejected", "trusts the token's issuer"},
		{"another audience", map[string]string{email: admin,
			"STACKIT_SERVICE_ACCOUNT_FEDERATED_TOKEN": w.workloadToken(map[string]any{"aud": "x"})},
			"it was rejected", "trusts the token's issuer"},
		{"another service account", map[string]string{email: sandbox.ReaderServiceAccount,
			"STACKIT_FEDERATED_TOKEN_FILE": file},
			"it was rejected", sandbox.ReaderServiceAccount},
		{"GitHub refuses", with(github, "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "wrong"),
			"workload token of GitHub Actions: ask localhost", "id-token: write"},
		{"GitHub elsewhere", with(github, "ACTIONS_ID_TOKEN_REQUEST_URL",
			"https://evilactions.githubusercontent.com/x"), "not one of the service's own", "config trust evilactions"},
		{"GitHub at a host for a shell", with(github, "ACTIONS_ID_TOKEN_REQUEST_URL", "https://x$(id)/x"),
			`the address to ask: host "x$(id)"`, ""},
		{"Azure DevOps elsewhere", with(azure, "SYSTEM_OIDCREQUESTURI", "https://dev.azure.com.evil.example/x"),
			"not one of the service's own", "config trust"},
		{"GitHub without TLS", with(github, "ACTIONS_ID_TOKEN_REQUEST_URL", "http://localhost/x"), "want https", ""},
		{"Azure DevOps refuses", with(azure, "SYSTEM_ACCESSTOKEN", "wrong"),
			"workload token of Azure DevOps: ask localhost", "right to ask"},
		{"token endpoint elsewhere", map[string]string{email: admin, "STACKIT_FEDERATED_TOKEN_FILE": file,
			"STACKIT_IDP_TOKEN_ENDPOINT": "https://evilstackit.cloud/token"}, "not below stackit.cloud", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w.env = tc.env
			if tc.env["STACKIT_IDP_TOKEN_ENDPOINT"] != "" {
				idp := w.profile.Endpoints.IdentityProvider
				w.profile.Endpoints.IdentityProvider = ""
				defer func() { w.profile.Endpoints.IdentityProvider = idp }()
			}
			if tc.want == "" {
				w.wantToken(admin)
				return
			}
			_, err := w.token()
			wantError(t, err, tc.want, tc.next)
		})
	}
}

// Without STACKIT_USE_OIDC a CI job or an e-mail address alone is no wish for workload identity.
func TestWorkloadIdentityIsNotWanted(t *testing.T) {
	w := newWorld(t)
	w.env = map[string]string{"STACKIT_SERVICE_ACCOUNT_EMAIL": sandbox.AdminServiceAccount,
		"ACTIONS_ID_TOKEN_REQUEST_URL":   w.sandbox.GitHubRequestURL(),
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN": sandbox.GitHubRequestToken}
	source, err := w.account().Environment()
	if source != nil || err != nil {
		t.Errorf("got %v, %v", source, err)
	}
}

func TestWorkloadTokenFileIsReadAgain(t *testing.T) {
	w := newWorld(t)
	file := w.write("token", []byte(w.workloadToken(nil)))
	w.env = map[string]string{"STACKIT_SERVICE_ACCOUNT_EMAIL": sandbox.AdminServiceAccount,
		"STACKIT_FEDERATED_TOKEN_FILE": file}
	source, err := w.account().Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.pass(time.Hour)
	_, err = source.Token(t.Context())
	wantError(t, err, "it expired at", "")
	if err := os.WriteFile(file, []byte(w.workloadToken(nil)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := source.Token(t.Context()); err != nil {
		t.Errorf("the token that was renewed is not used: %v", err)
	}
	if _, err := source.Token(t.Context()); err != nil {
		t.Error(err)
	}
	w.wantExchanges(2)
}

func TestWorkloadFailures(t *testing.T) {
	shared := newWorld(t)
	for preset, want := range map[string]string{
		"too-many-requests": "too many requests", "bad-gateway": "a web page came back", "cut": "EOF",
		"html": "not a token", "empty": "not a token",
	} {
		for _, path := range []string{"/oauth/v2/token", "/workload-issuer/"} {
			t.Run(preset+path, func(t *testing.T) {
				w := shared.fresh(t)
				w.env = map[string]string{"STACKIT_USE_OIDC": "1",
					"STACKIT_SERVICE_ACCOUNT_EMAIL":  sandbox.AdminServiceAccount,
					"ACTIONS_ID_TOKEN_REQUEST_URL":   w.sandbox.GitHubRequestURL(),
					"ACTIONS_ID_TOKEN_REQUEST_TOKEN": sandbox.GitHubRequestToken}
				if err := w.sandbox.Inject(sandbox.Fault{Preset: preset, Path: path}); err != nil {
					t.Fatal(err)
				}
				_, err := w.token()
				want := want
				if path == "/workload-issuer/" {
					want = "ask localhost"
				}
				wantError(t, err, want, "")
				if !strings.Contains(err.Error(), "workload token of GitHub Actions") ||
					strings.Contains(err.Error(), sandbox.GitHubRequestToken) {
					t.Errorf("the error does not name the source, or has a secret: %v", err)
				}
			})
		}
	}
}

func TestWorkloadRedirectIsNotFollowed(t *testing.T) {
	w := newWorld(t)
	w.env = map[string]string{"STACKIT_USE_OIDC": "1", "STACKIT_SERVICE_ACCOUNT_EMAIL": sandbox.AdminServiceAccount,
		"ACTIONS_ID_TOKEN_REQUEST_URL":   w.sandbox.GitHubRequestURL(),
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN": sandbox.GitHubRequestToken}
	fault := sandbox.Fault{Path: "/workload-issuer/", Status: http.StatusFound,
		Header: map[string]string{"Location": w.sandbox.URL() + "/elsewhere"}}
	if err := w.sandbox.Inject(fault); err != nil {
		t.Fatal(err)
	}
	_, err := w.token()
	wantError(t, err, "302 Found", "")
	if n := w.sandbox.Stats().Paths["GET /elsewhere"]; n != 0 {
		t.Error("the redirect was followed")
	}
}

// The method of the profile leaves out the environment's other credentials.
func TestLoginMethodOfTheProfile(t *testing.T) {
	w := newWorld(t)
	w.env = map[string]string{
		"STACKIT_ACCESS_TOKEN":          testToken(t, "static@example.com", time.Now().Add(time.Hour)),
		"STACKIT_SERVICE_ACCOUNT_EMAIL": sandbox.AdminServiceAccount,
		"STACKIT_FEDERATED_TOKEN_FILE":  w.write("token", []byte(w.workloadToken(nil))),
		"STACKIT_SERVICE_ACCOUNT_KEY":   string(w.sandbox.ServiceAccountKey()),
		"STACKIT_SERVICE_ACCOUNT_TOKEN": testToken(t, "sa@example.com", time.Now().Add(time.Hour)),
	}
	for method, principal := range map[string]string{
		"": "static@example.com", methodAccessToken: "static@example.com",
		methodWorkloadIdentity:  sandbox.AdminServiceAccount,
		methodServiceAccountKey: sandbox.AdminServiceAccount, methodServiceAccountToken: "sa@example.com",
	} {
		w.profile.LoginMethod = method
		if token, err := w.token(); err != nil || token.Principal != principal {
			t.Errorf("method %q: %v, %v; want %s", method, token, err, principal)
		}
	}
	w.profile.LoginMethod = MethodBrowser
	_, err := w.token()
	wantError(t, err, "nobody is logged in", "kubectl edge login")
	w.env = map[string]string{}
	w.profile.LoginMethod = methodWorkloadIdentity
	_, err = w.token()
	wantError(t, err, "the environment has nothing of that kind", "")
}

func TestCIHosts(t *testing.T) {
	for host, want := range map[string]bool{
		"dev.azure.com": true, "contoso.visualstudio.com": true, "Contoso.VisualStudio.com": true,
		"evilvisualstudio.com": false, "dev.azure.com.evil.example": false, "visualstudio.com.": false, "": false,
		"[::1%25.dev.azure.com]": false,
	} {
		h, err := trust.URLHost("https://" + host + "/x")
		if got := err == nil && h.Below(azureDomains...); got != want {
			t.Errorf("%q: got %v, want %v", host, got, want)
		}
	}
}
