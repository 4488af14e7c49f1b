package audit

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

func jwt(claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode([]byte(claims)) + ".c2lnbmF0dXJl"
}

// endingAt makes a self-signed certificate.
func endingAt(t *testing.T, notAfter time.Time) []byte {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: notAfter}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// writeFile writes a file of a test.
func writeFile(t *testing.T, path, data string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
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
      args: [get-token, --oidc-use-access-token, --project-id, 3fa85f64-5717-4562-b3fc-2c963f66afa6,
        --token-cache-dir, /tmp/x, --client-secret=sesame-flag, --password, sesame-next, Xk9sesamePq7ZtW3mB8vLr2Ny]
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
      args: [--project-id, 3fa85f64-5717-4562-b3fc-2c963f66afa6, --region, eu01, --instance-id, demo-3714d85,
        --expiration, 15m]}
    user-password: sesame-unknown
`, b64(endingAt(t, end)), jwt(fmt.Sprintf(`{"exp":%d,"sub":"sesame"}`, end.Unix())), b64([]byte("sesame")))
}

func TestAudit(t *testing.T) {
	end := time.Now().Add(24 * time.Hour).Truncate(time.Second).UTC()
	dir := t.TempDir()
	path := filepath.Join(dir, "config")
	writeFile(t, path, secretive(t, end), 0o644)
	report, err := Path(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range report.Findings {
		got = append(got, fmt.Sprintf("%d %s|%s|%s", f.Line, f.Kind, f.Entry, f.Field))
		if f.File != path || f.Mode != "0644" && runtime.GOOS != "windows" ||
			!strings.Contains(f.Advice, "chmod 600 "+path) && runtime.GOOS != "windows" {
			t.Errorf("file, mode or advice is missing: %+v", f)
		}
		if f.Expires.IsZero() == (f.Kind == ClientKey || f.Entry == "user token") || !f.Expires.IsZero() &&
			!f.Expires.Equal(end) {
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
		"58 unknown-field|user ours|user-password",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	sarif, err := SARIF(report.Findings, "v1", dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	all, err := json.Marshal(report.Findings)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(sarif), string(all), fmt.Sprintf("%+v", report.Findings)} {
		if strings.Contains(strings.ToLower(text), "sesame") {
			t.Errorf("a secret is shown:\n%s", text)
		}
	}
}

// Files of a folder that look like kubeconfigs are read however their keys are written.
func TestAuditOfFoldersKnowsKubeconfigs(t *testing.T) {
	for name, data := range map[string]string{
		"single quotes": "'users':\n- name: a\n  user: {'token': sesame}\n",
		"space":         "users :\n- name: a\n  user: {token : sesame}\n",
		"users alone":   "users:\n- name: a\n  user:\n    token: sesame\n",
		"JSON":          `{"users" : [{"name": "a", "user": {"token": "sesame"}}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, "config"), data, 0o600)
			if report, err := Path(dir); err != nil || len(report.Findings) != 1 {
				t.Errorf("got %v, %v", report.Findings, err)
			}
		})
	}
}

// What is a secret by its form is found whatever it is called, and what is none is not.
func TestAuditKnowsSecretsByTheirForm(t *testing.T) {
	const drawn = "Xk9fQePq7ZtW3mB8vLr2NyAa"
	note := func(value string) string { return "x-note: '" + value + "'\n" }
	exec := func(field string) string {
		return "users:\n- name: a\n  user:\n    exec: {command: get-token, " + field + "}\n"
	}
	tests := map[string]struct {
		data string
		want Kind // "" for none
	}{
		"JWT":                         {note(jwt(`{"sub":"me"}`)), UnknownField},
		"JWT within text":             {note("Authorization: Bearer " + jwt(`{"sub":"me"}`)), UnknownField},
		"service token of StackState": {note("svctok-" + drawn), UnknownField},
		"GitHub":                      {note("ghp_" + drawn), UnknownField},
		"GitHub, server":              {note("ghs_" + drawn), UnknownField},
		"GitHub, fine-grained":        {note("github_pat_" + drawn), UnknownField},
		"GitLab":                      {note("glpat-" + drawn), UnknownField},
		"Slack":                       {note("xoxb-" + drawn), UnknownField},
		"PEM":                         {note("-----BEGIN EC PRIVATE KEY-----"), UnknownField},
		"PEM, encrypted":              {note("-----BEGIN ENCRYPTED PRIVATE KEY-----"), UnknownField},
		"certificate":                 {note("-----BEGIN CERTIFICATE-----"), ""},
		"short":                       {note("ghp_1"), ""},
		"proxy in a variable": {exec("env: [{name: HTTPS_PROXY, value: 'http://u:pw@proxy:3128'}]"),
			ExecEnvironment},
		"proxy in an argument":     {exec("args: ['--proxy=http://u:pw@proxy:3128']"), ExecArgument},
		"proxy without a password": {exec("env: [{name: HTTPS_PROXY, value: 'http://proxy:3128'}]"), ""},
		"base64 with a slash first": {exec("env: [{name: API_TOKEN, value: '/9j4AAQSkZJRgABAQEAYABgAAD'}]"),
			ExecEnvironment},
		"short base64": {exec("env: [{name: API_TOKEN, value: '/9j4+A=='}]"), ExecEnvironment},
		"tilde first":  {exec("env: [{name: API_TOKEN, value: '~hunter2'}]"), ExecEnvironment},
		"dollar first": {exec("env: [{name: API_TOKEN, value: '$ecret-pa55'}]"), ExecEnvironment},
		"dot first":    {exec("env: [{name: API_TOKEN, value: '.hunter2'}]"), ExecEnvironment},
		"Vault's secret id": {exec("env: [{name: VAULT_SECRET_ID, value: " +
			"3fa85f64-5717-4562-b3fc-2c963f66afa6}]"), ExecEnvironment},
		"pass":                      {exec("env: [{name: MY_PASS, value: hunter2}]"), ExecEnvironment},
		"user and password":         {exec("args: [--user, 'u:pw']"), ExecArgument},
		"user alone":                {exec("args: [--user, me]"), ""},
		"short flag for a password": {exec("args: [-p, hunter2]"), ExecArgument},
		"short flag for a project":  {exec("args: [-p, 3fa85f64-5717-4562-b3fc-2c963f66afa6]"), ""},
		"bearer header":             {exec("args: [-H, 'Authorization: Bearer hunter2hunter2']"), ExecArgument},
		"null":                      {"users: [{name: a, user: {token: null}}, {name: b, user: {token: ~}}]\n", ""},
		"redacted": {"users: [{name: a, user: {token: REDACTED, client-key-data: DATA+OMITTED}}]\n",
			""},
		"reference": {"users: [{name: a, user: {token: '${TOKEN}', password: '{{ .Password }}'}}, " +
			"{name: b, user: {token: <token>}}]\n", ""},
		"name of a variable":      {exec("args: [--token-env=MY_TOKEN]"), ""},
		"relative path":           {exec("args: [--token=secrets/token.txt, --password, ./pw]"), ""},
		"prose in a comment":      {"# the token: ask Ann for it\n# password: see the wiki\n", ""},
		"field in a comment":      {"# password: hunter2\n", Comment},
		"random argument":         {exec("args: [" + drawn + "]"), ExecArgument},
		"random variable":         {exec("env: [{name: X, value: " + drawn + "}]"), ExecEnvironment},
		"argument that is a UUID": {exec("args: [3fa85f64-5717-4562-b3fc-2c963f66afa6]"), ""},
		"argument that is a path": {exec("args: [/var/lib/Xk9fQePq7ZtW3mB8vLr2NyAa]"), ""},
		"argument that is a word": {exec("args: [get-the-token-of-the-very-long-name]"), ""},
		"commented out":           {"# note " + jwt(`{"sub":"me"}`) + "\n", Comment},
		"user of a proxy": {"clusters:\n- name: a\n  cluster: {proxy-url: 'http://me@proxy.example'}\n",
			URL},
		"user of a server":     {"clusters:\n- name: a\n  cluster: {server: 'https://me@a.example'}\n", ""},
		"password of a server": {"clusters:\n- name: a\n  cluster: {server: 'https://me:it@a.example'}\n", URL},
		"proxy":                {"clusters:\n- name: a\n  cluster: {proxy-url: 'http://proxy.example'}\n", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config")
			writeFile(t, path, test.data, 0o600)
			report, err := Path(path)
			if err != nil {
				t.Fatal(err)
			}
			var got Kind
			for _, f := range report.Findings {
				got += f.Kind
			}
			if got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

func TestAuditOfFolders(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "a.yaml"), "users:\n- name: a\n  user: {token: x}\ncontexts: []\n", 0o600)
	writeFile(t, filepath.Join(dir, "sub", "b.json"), `{"users":[{"name":"b","user":{"password":"x"}}],"clusters":[]}`,
		0o600)
	writeFile(t, filepath.Join(dir, "sub", "damaged"), "users:\nclusters:\n\t- x\n", 0o600)
	writeFile(t, filepath.Join(dir, "notes.txt"), "token: x", 0o600)
	writeFile(t, filepath.Join(dir, ".git", "c"), "users:\n- name: c\n  user: {token: x}\ncontexts: []\n", 0o600)
	if err := os.Symlink(dir, filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	report, err := Path(dir)
	if err == nil || !strings.Contains(err.Error(), `damaged": line 3: not valid YAML or JSON`) {
		t.Errorf("got error %v", err)
	}
	if len(report.Findings) != 2 || report.Findings[0].Entry != "user a" || report.Findings[1].Kind != Password {
		t.Errorf("got %+v", report.Findings)
	}
	if _, err := Path(filepath.Join(dir, "absent")); err == nil || !strings.Contains(err.Error(), "no such file") &&
		runtime.GOOS != "windows" {
		t.Errorf("got error %v", err)
	}
}

// Duplicates and further documents, which client-go refuses or does not read, hold secrets, too.
func TestAuditReadsWhatClientGoDoesNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	writeFile(t, path, "users:\n- name: a\n  user: {token: x, token: y}\n- name: a\n  user: {token: "+
		"z}\n---\nusers:\n- user: {token: a}\n  name: b\n", 0o600)
	report, err := Path(path)
	if err != nil || len(report.Findings) != 4 {
		t.Errorf("got error %v and %+v", err, report.Findings)
	}
}

func TestSARIF(t *testing.T) {
	now := time.Now()
	folder, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	data, err := SARIF([]Finding{
		{File: "testdata/sub/my config", Line: 3, Entry: "user a", Field: "token", Kind: Token, Mode: "0600",
			Advice: "convert"},
		{File: "/x", Line: 1, Kind: Token, Expires: now.Add(-time.Hour), Mode: "0600", Advice: "convert"},
		{File: filepath.Join(folder, "a"), Line: 1, Kind: Redirect, Mode: "0600", Advice: "convert"},
		{File: "testdata2/a", Line: 1, Kind: Redirect, Mode: "0600", Advice: "convert"},
	}, "v1.2.3", folder, now)
	if err != nil {
		t.Fatal(err)
	}
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Rules []struct {
						ID                    string
						FullDescription, Help struct{ Text string }
					}
				}
			}
			OriginalURIBaseIDs map[string]struct{ URI string }
			Results            []struct {
				RuleID, Level string
				Message       struct{ Text string }
				Locations     []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI, URIBaseID string }
						Region           struct{ StartLine int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(data, &log); err != nil {
		t.Fatal(err)
	}
	other, err := filepath.Abs("/x") // with the drive, where there are drives
	if err != nil {
		t.Fatal(err)
	}
	first, second := log.Runs[0].Results[0], log.Runs[0].Results[1]
	if log.Version != "2.1.0" || len(log.Runs[0].Tool.Driver.Rules) != 2 || first.RuleID != "embedded-token" ||
		first.Level != "error" || second.Level != "note" ||
		first.Message.Text != "token in user a token. File mode 0600. To do: convert." ||
		first.Locations[0].PhysicalLocation.ArtifactLocation.URI != "sub/my%20config" ||
		first.Locations[0].PhysicalLocation.Region.StartLine != 3 ||
		second.Locations[0].PhysicalLocation.ArtifactLocation.URI != "file:///"+
			strings.TrimPrefix(filepath.ToSlash(other), "/") {
		t.Errorf("got:\n%s", data)
	}
	for i, below := range []bool{true, false, true, false} {
		at := log.Runs[0].Results[i].Locations[0].PhysicalLocation.ArtifactLocation
		if (at.URIBaseID == "%SRCROOT%") != below || strings.HasPrefix(at.URI, "file:///") == below {
			t.Errorf("result %d is at %+v, below the folder: %v", i, at, below)
		}
	}
	if base := log.Runs[0].OriginalURIBaseIDs["%SRCROOT%"].URI; !strings.HasPrefix(base, "file:///") ||
		!strings.HasSuffix(base, "/testdata/") {
		t.Errorf("the base is %q", base)
	}
	for _, rule := range log.Runs[0].Tool.Driver.Rules {
		if rule.FullDescription.Text == "" || rule.Help.Text == "" { // GitHub wants both
			t.Errorf("rule %s lacks its texts", rule.ID)
		}
	}
}

func TestAuditPassesOverWhatOnlyQuotesKubeconfigs(t *testing.T) {
	dir := t.TempDir()
	const quoted = "func x() {\n\treturn `\nclusters: []\nusers: [\n`"
	const program = "const kubeconfig = `\nclusters: []\nusers: [\n`\nconst token = 'token';\n" +
		"print(`{{ x }}${token}`, {token: token, password: 'some-password', 'client-key-data': keyData})\n"
	for _, name := range []string{"template.ts", "page.md.tmpl", "test.py"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(program), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"source.go", "page.md", "config", "broken.yaml"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(quoted), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	report, err := Path(dir)
	if err == nil {
		t.Fatal("no error for what is named like a kubeconfig")
	}
	if len(report.Findings) > 0 {
		t.Errorf("found in programs: %+v", report.Findings)
	}
	for name, want := range map[string]bool{"source.go": false, "page.md": false, "config": true, "broken.yaml": true} {
		if got := strings.Contains(err.Error(), name); got != want {
			t.Errorf("%s: is an error %v, want %v:\n%v", name, got, want, err)
		}
	}
}

// A script that makes a kubeconfig is read as the kubeconfig that comes of it, without what it leaves to variables.
func TestAuditReadsTheKubeconfigOfAScript(t *testing.T) {
	const config = "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster: {server: https://c.example}\n" +
		"contexts: []\nusers:\n- name: a\n  user:\n    token: sesame\n- name: b\n  user: {token: $TOKEN}\n"
	tabbed := "\t" + strings.ReplaceAll(strings.TrimSpace(config), "\n", "\n\t") + "\n"
	for name, script := range map[string]string{
		"make.sh": "#!/bin/sh\nTOKEN=$(pass show x)\ncat > kubeconfig <<EOF\n" + config +
			"EOF\nkubectl get nodes\n",
		"tabs.bash":  "#!/bin/sh\nif true; then\n\tcat > kubeconfig <<-EOF\n" + tabbed + "\tEOF\nfi\n",
		"make.ps1":   "$x = 1\nfunction y {\n@\"\n" + config + "\"@ | Set-Content kubeconfig\n}\n",
		"main.tf":    "locals {\n  x = 1\n  kubeconfig = <<-EOT\n" + indented(config, 4) + "  EOT\n}\n",
		"shell.nix":  "{ x, ... }: {\n  a = 1;\n  text = ''\n" + indented(config, 4) + "  '';\n}\n",
		"Dockerfile": "FROM x\nCOPY <<EOF /app/.kube/config\n" + config + "EOF\nRUN y\n",
		"Makefile":   "define KUBECONFIG\n" + config + "endef\nall:\n\techo\n",
		"x.env":      "A=b\nKUBECONFIG_TEXT=\"" + config + "\"\n",
		"x.toml":     "[k]\nkubeconfig = \"\"\"\n" + config + "\"\"\"\n",
		"x.tfvars":   "x = 1\nkubeconfig = <<EOT\n" + config + "EOT\n",
		"user-data":  "#!/bin/bash\nset -e\ncat > /x <<EOF\n" + config + "EOF\nchmod 600 /x\n",
		"joined.zsh": "a=1 b=(c d)\necho \"---\" '---\n' > x\ncat > kubeconfig <<X\n" + config + "---\nX\n",
	} {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, name), script, 0o600)
		report, err := Path(dir)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got := []string{}
		for _, f := range report.Findings {
			got = append(got, fmt.Sprintf("%d %s %s", f.Line, f.Kind, f.Entry))
		}
		line := 1 + strings.Count(script[:strings.Index(script, "sesame")], "\n")
		if diff := cmp.Diff([]string{fmt.Sprintf("%d token user a", line)}, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// Other forms in which a kubeconfig lies about: an editor's, a patch's, one that is broken.
func TestAuditReadsWhatIsLeftOfAKubeconfig(t *testing.T) {
	const drawn = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
	config := strings.Replace(plainConfig, "sesame", drawn, 1)
	for name, c := range map[string]struct {
		text string
		fail bool
	}{
		".config.swp": {"b0VIM 8.2\x00\x00\x00\x00\x10" + strings.Repeat("\x00", 4096) +
			strings.ReplaceAll(config, "\n", "\x00"), false},
		"x.diff":    {"--- a\n+++ b\n@@ -1 +1 @@\n+" + strings.ReplaceAll(config, "\n", "\n+"), false},
		"java.yaml": {strings.Replace(config, "server: https://c.example", "server: {0}", 1), false},
		"mail":      {"> " + strings.ReplaceAll(config, "\n", "\n> "), true},
		"zero":      {config + "\x00", true},
		"zero.yaml": {"# \x00\n" + config, true},
		"tab.yaml":  {strings.Replace(config, "    token", "\ttoken", 1), true},
		"merged.yaml": {strings.Replace(config, "users:", "<<<<<<< HEAD\nusers:\n=======\nusers:\n>>>>>>> x", 1),
			true},
	} {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, name), c.text, 0o600)
		report, err := Path(dir)
		if len(report.Findings) != 1 {
			t.Errorf("%s: found %+v", name, report.Findings)
		}
		if (err != nil) != c.fail {
			t.Errorf("%s: not read: %v, want %v", name, err, c.fail)
		}
	}
}

// What a kubeconfig sets for our helper decides what the helper trusts. It is found however it is written.
func TestAuditFindsRedirects(t *testing.T) {
	const user = "users:\n- name: a\n  user:\n    exec:\n      command: kubectl-edge_credential\n"
	const ours = "i: &i {name: a, user: {exec: &e {command: kubectl-edge_credential, env: [{name: HOME, value: x}]}}}\n"
	for name, c := range map[string]struct {
		content string
		want    []string
	}{
		"each": {user + "      env:\n      - {name: HTTPS_PROXY, value: 'http://proxy.example'}\n      - {name: " +
			"no_proxy, value: x}\n" +
			"      - {name: XDG_CONFIG_HOME, value: /tmp}\n      - {name: HOME, value: /tmp}\n      - {name: PATH, " +
			"value: /tmp}\n" +
			"      - {name: STACKIT_TOKEN_BASEURL, value: /tmp}\n      - {name: KUBECTL_EDGE_NEXT, value: /tmp}\n    " +
			"  - {name: SSL_CERT_FILE, value: /tmp}\n" +
			"      - {name: STS_CLI_URL, value: /tmp}\n      - {name: LD_PRELOAD, value: /tmp}\n      - {name: " +
			"DBUS_SESSION_BUS_ADDRESS, value: /tmp}\n",
			[]string{"7 HTTPS_PROXY", "8 no_proxy", "9 XDG_CONFIG_HOME", "10 HOME", "11 PATH",
				"12 STACKIT_TOKEN_BASEURL", "13 KUBECTL_EDGE_NEXT",
				"14 SSL_CERT_FILE", "15 STS_CLI_URL", "16 LD_PRELOAD", "17 DBUS_SESSION_BUS_ADDRESS"}},
		"one's own": {user + "      env: [{name: KUBECTL_EDGE_PROFILE, value: work}, {name: KUBECTL_EDGE_CACHE, " +
			"value: none}, {name: '', value: C}]\n", nil},
		"of no use": {user + "      env: [{name: LANG, value: C}, {name: GCONV_PATH, value: C}, {name: " +
			"kubectl_edge_profile, value: C}]\n",
			[]string{"6 LANG", "6 GCONV_PATH", "6 kubectl_edge_profile"}},
		"without": {user, nil},
		"empty":   {user + "      env: null\n", nil},
		"rubbish": {user + "      env: [x, {name: [HOME]}, {value: HOME}, null]\n", nil},
		"JSON": {`{"users":[{"name":"a","user":{"exec":{"command":"kubectl-edge_credential",` +
			`"env":[{"name":"HOME","value":""}]}}}]}`, []string{"1 HOME"}},
		"by a path": {"users:\n- name: a\n  user:\n    exec: {command: '../x\\kubectl-edge_credential.exe', env: " +
			"[{name: HOME, value: x}]}\n", []string{"4 HOME"}},
		"as plugin": {"users:\n- name: a\n  user:\n    exec: {command: kubectl, args: [edge-credential], env: " +
			"[{name: HOME, value: x}]}\n", []string{"4 HOME"}},
		"in capitals": {"users:\n- name: a\n  user:\n    exec: {command: 'C:\\x/KUBECTL-EDGE_Credential.EXE', env: " +
			"[{name: HOME, value: x}]}\n", []string{"4 HOME"}},
		"as a program": {"users:\n- name: a\n  user:\n    exec: {command: ./Kubectl.Exe, args: [--x, Edge], env: " +
			"[{name: HOME, value: x}]}\n", []string{"4 HOME"}},
		"by env": {"users:\n- name: a\n  user:\n    exec:\n      command: /usr/bin/env\n      args:\n      - LANG=C\n" +
			"      - XDG_CONFIG_HOME=/tmp\n      - kubectl-edge_credential\n", []string{"7 LANG", "8 XDG_CONFIG_HOME"}},
		"by a shell": {"users:\n- name: a\n  user:\n    exec: {command: sh, args: [-c, 'HOME=/tmp exec kubectl " +
			"edge-credential']}\n",
			[]string{"4 HOME"}},
		"by a script": {"users:\n- name: a\n  user:\n    exec:\n      command: bash\n      args: [-c, 'export " +
			"HOME=/x; kubectl-edge_credential|cat']\n" +
			"      env: [{name: PATH, value: x}]\n", []string{"6 HOME", "7 PATH"}},
		"as binary": {"users:\n- name: a\n  user:\n    exec: {command: !!binary a3ViZWN0bC1lZGdlX2NyZWRlbnRpYWw=, " +
			"env: [{name: !!binary SE9NRQ==, value: x}]}\n",
			[]string{"4 HOME"}},
		"others'": {"users:\n- name: a\n  user:\n    exec: {command: kubelogin, args: [x], env: [{name: HOME, value: " +
			"x}]}\n", nil},
		"by aliases": {"x: &e\n- &h {name: &n HOME, value: x}\ny: &x {command: kubectl-edge_credential, env: " +
			"*e}\nusers:\n- name: a\n  user: {exec: *x}\n",
			[]string{"2 HOME"}},
		"merged": {"x: &x {env: [{name: HOME, value: x}]}\ny: &y {command: kubectl-edge_credential}\nusers:\n- name: " +
			"a\n  user:\n    exec: {<<: [*y, *x]}\n",
			[]string{"1 HOME"}},
		"user by an alias":  {ours + "users: [*i]\n", []string{"1 HOME"}},
		"users by an alias": {ours + "l: &l [*i]\nusers: *l\n", []string{"1 HOME"}},
		"user by merge":     {ours + "users: [{name: a, <<: *i}]\n", []string{"1 HOME"}},
		"user's name, too":  {ours + "users: [{<<: [{}, *i]}]\n", []string{"1 HOME"}},
		"users by merge":    {ours + "<<: {users: [*i]}\n", []string{"1 HOME"}},
		"of several users":  {ours + "users: [*i, {<<: *i, name: b}]\n", []string{"1 HOME"}},
		"after a merge":     {ours + "users: [{name: a, user: {exec: {env: [], <<: *e}}}]\n", []string{"1 HOME"}},
		"the same key twice": {"users:\n- name: a\n  user:\n    exec:\n      command: kubectl-edge_credential\n      " +
			"env: []\n      env: [{name: HOME, value: x}]\n", []string{"7 HOME"}},
		"merged in a circle": {"users:\n- name: a\n  user: &u\n    <<: *u\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config")
			writeFile(t, path, c.content, 0o644)
			report, err := Path(path)
			if err != nil && name != "merged in a circle" {
				t.Fatal(err)
			}
			var got []string
			for _, f := range report.Findings {
				if f.Kind == Redirect {
					got = append(got, fmt.Sprint(f.Line, " ", f.Field[strings.LastIndex(f.Field, ".")+1:]))
					if f.Entry != "user a" || !strings.HasPrefix(f.Advice, "take it out of exec.") ||
						strings.Contains(f.Advice, "chmod") {
						t.Errorf("got %+v", f)
					}
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			// Where client-go reads it, it sees the same.
			config, err := clientcmd.Load([]byte(c.content))
			if err != nil {
				return
			}
			names := []string{}
			for _, line := range c.want {
				names = append(names, line[strings.Index(line, " ")+1:])
			}
			loaded := []string{}
			if exec := config.AuthInfos["a"].Exec; exec != nil {
				call, ours := tokenrequest.FindCall(exec.Command, exec.Args)
				loaded = append(loaded, assigned(call)...)
				for _, variable := range exec.Env {
					if ours && variable.Name != "" && !harmless(variable.Name) {
						loaded = append(loaded, variable.Name)
					}
				}
			}
			if diff := cmp.Diff(names, loaded); diff != "" {
				t.Errorf("client-go loads other variables: -want +got:\n%s", diff)
			}
		})
	}
}

// A mapping that is merged many times is searched once: else a few thousand bytes would be read for years.
func TestAuditEndsOnMergesOfMerges(t *testing.T) {
	bomb := "a0: &a0 {x: y}\n"
	for i := range 50 {
		bomb += fmt.Sprintf("a%d: &a%d {<<: [%s{}]}\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 40))
	}
	bomb += "users:\n- name: a\n  user: {exec: {command: kubectl-edge_credential, env: [*a50, {name: HOME}], <<: " +
		"*a50}, <<: *a50}\n"
	findings, err := auditText([]byte(bomb), newUnpacking())
	if err != nil || len(findings) != 1 || findings[0].Field != "exec.env.HOME" {
		t.Errorf("got %+v, %v", findings, err)
	}
}

// A secret and a redirect can be one variable, and the comment beside it is still looked at.
func TestAuditFindsASecretInARedirect(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	writeFile(t, path, "users:\n- name: a\n  user:\n    exec:\n      command: kubectl-edge_credential\n      env:\n  "+
		"    - name: STACKIT_ACCESS_TOKEN # token: sesame\n        value: sesame\n", 0o600)
	report, err := Path(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range report.Findings {
		got = append(got, fmt.Sprint(f.Line, " ", f.Kind))
	}
	if diff := cmp.Diff([]string{"7 redirect", "7 comment", "8 exec-environment"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	sarif, err := SARIF(report.Findings, "v1", "", time.Now())
	if err != nil || !strings.Contains(string(sarif), `"ruleId": "redirect"`) ||
		!strings.Contains(string(sarif), "A kubeconfig redirects the credential helper") {
		t.Errorf("%v:\n%s", err, sarif)
	}
}
