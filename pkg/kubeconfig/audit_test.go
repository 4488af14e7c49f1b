package kubeconfig

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd/api"
)

func jwt(claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode([]byte(claims)) + ".c2lnbmF0dXJl"
}

// secretive is a kubeconfig with a secret of each kind, each of which contains "sesame".
func secretive(t *testing.T, end time.Time) string {
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf(`# token: sesame-in-comment
clusters:
- name: c
  cluster:
    server: https://c.example
    proxy-url: http://user:sesame@proxy.example
    certificate-authority-data: %[1]s
contexts:
- name: c
  context: {cluster: c, user: token}
x-tool:
  apiToken: sesame-tool
x-shared: &shared sesame-shared
users:
- {name: token, user: {token: "%[2]s"}}
- name: file
  user: {tokenFile: /var/run/token, client-key: /my/key}
- name: key
  user:
    client-certificate-data: %[1]s
    client-key-data: %[3]s
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
      config:
        client-id: public
        idp-issuer-url: https://issuer.example
        refresh-token: sesame-refresh
- name: exec
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: get-token
      interactiveMode: Never
      args: [get-token, --oidc-use-access-token, --project-id, 3fa85f64-5717-4562-b3fc-2c963f66afa6, --token-cache-dir, /tmp/x,
        --client-secret=sesame-flag, --password, sesame-next, Xk9sesamePq7ZtW3mB8vLr2Ny]
      env:
      - name: AWS_PROFILE
        value: default
      - name: GOOGLE_APPLICATION_CREDENTIALS
        value: /etc/sa.json
      - name: VAULT_TOKEN
        value: sesame-env
- name: ours
  user:
    exec: {apiVersion: client.authentication.k8s.io/v1, command: kubectl-edge_credential, interactiveMode: IfAvailable,
      args: [--project-id, 3fa85f64-5717-4562-b3fc-2c963f66afa6, --region, eu01, --instance-id, demo-3714d85, --expiration, 15m]}
    user-password: sesame-unknown
`, b64(certificate(t, end)), jwt(fmt.Sprintf(`{"exp":%d,"sub":"sesame"}`, end.Unix())), b64([]byte("sesame")))
}

func TestAudit(t *testing.T) {
	end := time.Now().Add(24 * time.Hour).Truncate(time.Second).UTC()
	dir := t.TempDir()
	path := filepath.Join(dir, "config")
	write(t, path, secretive(t, end), 0o644)
	findings, err := Audit(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range findings {
		got = append(got, fmt.Sprintf("%d %s|%s|%s", f.Line, f.Kind, f.Entry, f.Field))
		if f.File != path || f.Mode != "0644" && !onWindows || !strings.Contains(f.Advice, "chmod 600 "+path) && !onWindows {
			t.Errorf("file, mode or advice is missing: %+v", f)
		}
		if f.Expires.IsZero() == (f.Kind == ClientKey || f.Entry == "user token") || !f.Expires.IsZero() && !f.Expires.Equal(end) {
			t.Errorf("%s expires at %v, want %v if it can be known", f.Kind, f.Expires, end)
		}
	}
	want := []string{
		"1 comment||",
		"6 url|cluster c|proxy-url",
		"12 unknown-field||x-tool.apiToken",
		"13 token|user alias|token",
		"15 token|user token|token",
		"21 client-key|user key|client-key-data",
		"25 password|user basic|password",
		"37 auth-provider|user provider|auth-provider.config.refresh-token",
		"45 exec-argument|user exec|exec.args",
		"45 exec-argument|user exec|exec.args",
		"45 exec-argument|user exec|exec.args",
		"52 exec-environment|user exec|exec.env.VAULT_TOKEN",
		"57 unknown-field|user ours|user-password",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	sarif, err := SARIF(findings, "v1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	all, err := json.Marshal(findings)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(sarif), string(all), fmt.Sprintf("%+v", findings), string(redact([]byte(read(t, path))))} {
		if strings.Contains(strings.ToLower(text), "sesame") {
			t.Errorf("a secret is shown:\n%s", text)
		}
	}
}

func TestAuditOfFolders(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.yaml"), "users:\n- name: a\n  user: {token: x}\ncontexts: []\n", 0o600)
	write(t, filepath.Join(dir, "sub", "b.json"), `{"users":[{"name":"b","user":{"password":"x"}}],"clusters":[]}`, 0o600)
	write(t, filepath.Join(dir, "sub", "damaged"), "users:\nclusters:\n\t- x\n", 0o600)
	write(t, filepath.Join(dir, "notes.txt"), "token: x", 0o600)
	write(t, filepath.Join(dir, ".git", "c"), "users:\n- name: c\n  user: {token: x}\ncontexts: []\n", 0o600)
	if err := os.Symlink(dir, filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	findings, err := Audit(dir)
	if err == nil || !strings.Contains(err.Error(), `damaged": line 3: not valid YAML or JSON`) {
		t.Errorf("got error %v", err)
	}
	if len(findings) != 2 || findings[0].Entry != "user a" || findings[1].Kind != Password {
		t.Errorf("got %+v", findings)
	}
	if _, err := Audit(filepath.Join(dir, "absent")); err == nil || !strings.Contains(err.Error(), "no such file") && !onWindows {
		t.Errorf("got error %v", err)
	}
}

// Duplicates and further documents, which client-go refuses or does not read, hold secrets, too.
func TestAuditReadsWhatClientGoDoesNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	write(t, path, "users:\n- name: a\n  user: {token: x, token: y}\n- name: a\n  user: {token: z}\n---\nusers:\n- user: {token: a}\n  name: b\n", 0o600)
	findings, err := Audit(path)
	if err != nil || len(findings) != 4 {
		t.Errorf("got error %v and %+v", err, findings)
	}
}

func TestSARIF(t *testing.T) {
	now := time.Now()
	data, err := SARIF([]Finding{
		{File: "sub/my config", Line: 3, Entry: "user a", Field: "token", Kind: Token, Mode: "0600", Advice: "convert"},
		{File: "/x", Line: 1, Kind: Token, Expires: now.Add(-time.Hour), Mode: "0600", Advice: "convert"},
	}, "v1.2.3", now)
	if err != nil {
		t.Fatal(err)
	}
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID, Level string
				Message       struct{ Text string }
				Locations     []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(data, &log); err != nil {
		t.Fatal(err)
	}
	first, second := log.Runs[0].Results[0], log.Runs[0].Results[1]
	if log.Version != "2.1.0" || len(log.Runs[0].Tool.Driver.Rules) != 1 || first.RuleID != "embedded-token" || first.Level != "error" || second.Level != "note" ||
		first.Message.Text != "token in user a token. File mode 0600. To do: convert." ||
		first.Locations[0].PhysicalLocation.ArtifactLocation.URI != "sub/my%20config" || first.Locations[0].PhysicalLocation.Region.StartLine != 3 ||
		second.Locations[0].PhysicalLocation.ArtifactLocation.URI != "file:///x" {
		t.Errorf("got:\n%s", data)
	}
}

func TestConvert(t *testing.T) {
	end := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	config := api.NewConfig()
	add := func(name, server string, user api.AuthInfo) {
		config.Clusters[name], config.AuthInfos[name] = &api.Cluster{Server: server}, &user
		config.Contexts[name] = &api.Context{Cluster: name, AuthInfo: name}
	}
	token := jwt(fmt.Sprintf(`{"exp":%d}`, end.Unix()))
	add("api", "https://api.demo-3714d85.edge.eu01.onstackit.cloud:443", api.AuthInfo{Token: token, LocationOfOrigin: "/f", Impersonate: "me"})
	add("local", "https://demo-3714d85.localhost:6443", api.AuthInfo{Token: "opaque"})
	add("evil", "https://demo-3714d85.edge.eu01.onstackit.cloud.evil.example", api.AuthInfo{Token: "opaque"})
	add("exec", "https://demo-3714d85.edge.eu01.onstackit.cloud", *ExecUser(nil, ""))
	add("both", "https://other.example", api.AuthInfo{Token: "x", Password: "y"})
	config.Contexts["second"] = &api.Context{Cluster: "both", AuthInfo: "evil"}
	want := []Embedded{
		{User: "api", File: "/f", Expires: end, Contexts: []string{"api"}, Clusters: []string{"api"}, Server: "https://api.demo-3714d85.edge.eu01.onstackit.cloud:443", InstanceID: "demo-3714d85", Region: "eu01", STACKIT: true},
		{User: "both", Contexts: []string{"both"}, Clusters: []string{"both"}, Server: "https://other.example"},
		{User: "evil", Contexts: []string{"evil", "second"}, Clusters: []string{"both", "evil"}, Server: "https://demo-3714d85.edge.eu01.onstackit.cloud.evil.example", InstanceID: "demo-3714d85"},
		{User: "local", Contexts: []string{"local"}, Clusters: []string{"local"}, Server: "https://demo-3714d85.localhost:6443", InstanceID: "demo-3714d85"},
	}
	found := FindEmbedded(config)
	if diff := cmp.Diff(want, found); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
	got, err := Convert(config, found[0], ExecUser([]string{"a"}, ""))
	if user := config.AuthInfos["api"]; err != nil || got != token || user.Token != "" || user.Exec.Command != Command || user.Impersonate != "me" {
		t.Errorf("error %v, user %v", err, user)
	}
	for i, want := range []string{"it has no token", "other credentials beside the token", `several clusters: ["both" "evil"]`} {
		if _, err := Convert(config, found[i], ExecUser(nil, "")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
}

func TestAuditPassesOverWhatOnlyQuotesKubeconfigs(t *testing.T) {
	dir := t.TempDir()
	const quoted = "func x() {\n\treturn `\nclusters: []\nusers: [\n`"
	for _, name := range []string{"source.go", "page.md", "config", "broken.yaml"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(quoted), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Audit(dir)
	if err == nil {
		t.Fatal("no error for what is named like a kubeconfig")
	}
	for name, want := range map[string]bool{"source.go": false, "page.md": false, "config": true, "broken.yaml": true} {
		if got := strings.Contains(err.Error(), name); got != want {
			t.Errorf("%s: is an error %v, want %v:\n%v", name, got, want, err)
		}
	}
}
