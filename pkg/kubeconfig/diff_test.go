package kubeconfig

import (
	"os"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/audit"
)

// A diff hides what audit finds: there is one detector.
func TestDiffHidesWhatAuditFinds(t *testing.T) {
	const text = `# token: sesame-in-comment
clusters:
- name: c
  cluster:
    server: https://c.example
    proxy-url: http://user:sesame@proxy.example
x-tool:
  apiToken: sesame-tool
x-shared: &shared sesame-shared
users:
- {name: token, user: {token: "sesame"}}
- name: key
  user:
    client-key-data: c2VzYW1l-sesame
- name: basic
  user:
    username: me
    password: |
      sesame
- name: alias
  user:
    token: *shared
- name: provider
  user:
    auth-provider:
      name: oidc
      config: {client-id: public, refresh-token: sesame-refresh}
- name: exec
  user:
    exec:
      command: get-token
      args: [get-token, --client-secret=sesame-flag, --password, sesame-next, Xk9sesamePq7ZtW3mB8vLr2Ny]
      env:
      - name: VAULT_TOKEN
        value: sesame-env
`
	path := t.TempDir() + "/config"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := audit.Path(path)
	if want := strings.Count(text, "sesame"); err != nil || len(report.Findings) != want {
		t.Errorf("got %d findings, want %d: %v", len(report.Findings), want, err)
	}
	shown := string(redact([]byte(text)))
	if strings.Contains(strings.ToLower(shown), "sesame") {
		t.Errorf("a secret is shown:\n%s", shown)
	}
	if strings.Count(shown, "\n") < strings.Count(text, "\n")-2 || !strings.Contains(shown, "client-id: public") {
		t.Errorf("what is no secret is hidden:\n%s", shown)
	}
}
