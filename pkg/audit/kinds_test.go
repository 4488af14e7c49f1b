package audit

import (
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// judgedUser returns what is found and hidden of a user with this content.
func judgedUser(t *testing.T, user string) *search {
	t.Helper()
	text := "users:\n- name: a\n  user:\n    " + strings.ReplaceAll(strings.TrimSpace(user), "\n", "\n    ") + "\n"
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	return findSecrets(document.Content[0])
}

// The same kinds as in the table of helpers, in more of the places and forms in which people write them.
func TestKindsOfSecrets(t *testing.T) {
	const drawn = "Xk9fQePq7ZtW3mB8vLr2NyAa"
	exec := func(s string) string { return "exec:\n  command: sh\n  " + strings.ReplaceAll(s, "\n", "\n  ") }
	shell := func(s string) string { return exec("args:\n- -c\n- |\n  " + strings.ReplaceAll(s, "\n", "\n  ")) }
	for name, user := range map[string]string{
		"shell, assignment":            shell("TOKEN=hunter2 exec helper"),
		"shell, quoted":                shell(`TOKEN="hunter2" exec helper`),
		"shell, after a reference":     shell("REGION=$(cat /x) TOKEN=hunter2 helper"),
		"shell, default of a variable": shell("echo --password hunter2$(date +%s)"),
		"shell, here":                  shell("curl -H 'PRIVATE-TOKEN: hunter2' https://x.example"),
		"shell, reference unclosed":    shell("TOKEN=$(hunter2"),
		"JSON for kubectl":             shell(`echo '{"kind":"ExecCredential","status":{"token":"hunter2"}}'`),
		"JSON, printf":                 shell(`printf '{"status": {"token": "%s"}}' ` + drawn),
		"header, next":                 exec("args: [--header, 'X-Vault-Token: hunter2']"),
		"cookie header":                exec("args: [-H, 'Cookie: session=" + drawn + "']"),
		"basic":                        exec("args: [-H, 'Authorization: Basic dXNlcjpodW50ZXIy']"),
		"digest is no excuse":          exec("args: [--password-hash, hunter2]"),
		"in a name's place":            "username: ghp_" + drawn,
		"random user name":             "username: " + drawn,
		"token in a name":              "username: " + jwt(`{"sub":"me"}`),
		"hint with a password":         exec("installHint: 'run: login --password hunter2'"),
		"command":                      "exec:\n  command: helper --token=hunter2",
		"command with URL":             "exec:\n  command: https://me:hunter2@x.example/helper",
		"client-key is a key":          "client-key: '-----BEGIN EC PRIVATE KEY-----'",
		"tokenFile is a token":         "tokenFile: " + jwt(`{"sub":"me"}`),
		"tokenFile is random":          "tokenFile: " + drawn,
		"group is a secret":            "as-groups: [" + jwt(`{"sub":"me"}`) + "]",
		"extension":                    "extensions:\n- name: x\n  extension: {password: hunter2}",
		"extension, nested":            "extensions:\n- name: x\n  extension: {a: {b: [{apiKey: " + drawn + "}]}}",
		"key of a mapping":             "auth-provider:\n  config:\n    ghp_" + drawn + ": x",
		"default of a variable":        "token: ${TOKEN:-hunter2}",
		"reference with a JWT":         "token: ${" + jwt(`{"sub":"me"}`) + "}",
		"list for a token":             "token: [hunter2]",
		"mapping for a token":          "token: {value: hunter2}",
		"number":                       "password: 123456",
		"binary":                       "token: !!binary aHVudGVyMg==",
		"folded":                       "password: >\n  hunter2",
		"speaks of itself":             "client-key-data: ZmFrZS1jbGllbnQta2V5LWRhdGEtdmFsdWU=",
		"spelled in camel case":        "clientKeyData: aHVudGVyMg==",
		"in upper case":                "TOKEN: hunter2",
		"AWS, both":                    exec("env:\n- {name: AWS_SECRET_ACCESS_KEY, value: wJalrXUtnFEMI/K7MDENG+bPx}"),
		"Azure":                        exec("env:\n- {name: AAD_SERVICE_PRINCIPAL_CLIENT_SECRET, value: a~b.c-d}"),
		"variable in another order":    exec("env:\n- {value: hunter2, name: PASSWORD}"),
		"OpenStack":                    exec("env:\n- {name: OS_PASSWORD, value: hunter2}"),
		"Google's key":                 exec(`env: [{name: G, value: '{"private_key":"` + drawn + `"}'}]`),
		"dsn":                          exec("env: [{name: DSN, value: 'user:hunter2@tcp(db:3306)/x'}]"),
		"redis":                        exec("args: ['redis://:hunter2@redis:6379/0']"),
		"hash of a fragment":           exec("args: ['https://x.example/cb#access_token=hunter2']"),
		"uppercase flag":               exec("args: [--TOKEN, hunter2]"),
		"slash flag":                   exec("args: ['/password:hunter2']"),
		"colon":                        exec("args: ['password:hunter2']"),
		"percent":                      exec("args: ['https://x.example/?password=hunter%32']"),
		"Windows environment":          exec("args: [/c, 'set TOKEN=hunter2&& helper.exe']"),
		"PowerShell":                   exec("args: [-Command, '$env:TOKEN = \"hunter2\"; helper']"),
		"passphrase in words":          exec("args: [--passphrase, correct horse battery staple]"),
		"password of words":            "password: correct horse battery staple",
		"base64 of a password":         exec("args: [--basic, bWU6aHVudGVyMg==]"),
	} {
		foundAndHidden(t, name, user)
	}
}

// foundAndHidden looks that what a user has for a secret is found, and is not shown in a diff.
func foundAndHidden(t *testing.T, name, user string) {
	t.Helper()
	s := judgedUser(t, user)
	if len(s.found) == 0 {
		t.Errorf("%s is missed:\n%s", name, user)
	}
	hidden := map[*yaml.Node]bool{}
	for _, n := range s.hidden {
		hidden[n] = true
	}
	for _, f := range s.found {
		if !hidden[f.node] {
			t.Errorf("%s is found and shown:\n%s", name, user)
		}
	}
}

func TestKindsOfHarmless(t *testing.T) {
	exec := func(s string) string { return "exec:\n  command: sh\n  " + strings.ReplaceAll(s, "\n", "\n  ") }
	shell := func(s string) string { return exec("args:\n- -c\n- |\n  " + strings.ReplaceAll(s, "\n", "\n  ")) }
	const hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	for name, user := range map[string]string{
		"password store":         shell("TOKEN=$(pass show edge/token) exec helper"),
		"password store, nested": shell("TOKEN=$(printf %s \"$(pass show edge/token)\") exec helper"),
		"backticks":              shell("TOKEN=`pass show edge/token` exec helper"),
		"quoted":                 shell(`export TOKEN="$(op read op://vault/item/token)"; exec helper`),
		"flag":                   shell(`helper --token "$(vault kv get -field=token secret/x)" --region eu01`),
		"file":                   shell("helper --token \"$(< ~/.token)\""),
		"variable":               shell("helper --password \"$PASSWORD\" --user \"${USER}\""),
		"default":                shell("TOKEN=${TOKEN:-$(gcloud auth print-access-token)} helper"),
		"JSON of a variable":     shell(`echo "{\"status\":{\"token\":\"$(cat /run/token)\"}}"`),
		"JSON, printf":           shell(`printf '{"status":{"token":"%s"}}' "$TOKEN"`),
		"jq":                     shell(`helper | jq -r '.status.token'`),
		"read":                   shell("read -r TOKEN < /run/token; export TOKEN; helper"),
		"unset":                  shell("unset TOKEN; TOKEN= helper"),
		"if":                     shell(`if [ -z "$TOKEN" ]; then exit 1; fi; helper`),
		"sha256":                 exec("args: [--sha256, " + hex + "]"),
		"sha256, assigned":       exec("args: [--sha256=" + hex + "]"),
		"checksum":               exec("args: [--checksum, " + hex + "]"),
		"sha256 prefix":          exec("args: [--discovery-token-ca-cert-hash, 'sha256:" + hex + "']"),
		"fingerprint":            exec("args: ['--ca-fingerprint=" + hex + "']"),
		"commit":                 exec("args: [--commit, " + hex[:40] + "]"),
		"image":                  exec("args: ['registry.example/helper@sha256:" + hex + "']"),
		"digest variable":        exec("env:\n- {name: HELPER_SHA256, value: " + hex + "}"),
		"shell, digest":          shell("echo '" + hex + "  helper' | sha256sum -c && helper"),
		"null":                   "token: null",
		"tilde":                  "token: ~",
		"quoted null":            "token: 'null'",
		"nothing":                "token:",
		"redacted":               "token: REDACTED",
		"redacted in brackets":   "password: '[REDACTED]'",
		"redacted in stars":      "password: '***REDACTED***'",
		"omitted":                "client-key-data: DATA+OMITTED",
		"omitted, certificate":   "client-certificate-data: DATA+OMITTED",
		"variable in braces":     "token: ${TOKEN}",
		"variable, default":      "token: ${TOKEN:-}",
		"variable, bare":         "token: $TOKEN",
		"template":               "token: '{{ x }}'",
		"template, filter":       "token: '{{ vault_token | quote }}'",
		"template, values":       "token: '{{ .Values.token }}'",
		"ERB":                    "token: '<%= token %>'",
		"angle brackets":         "token: <token>",
		"angle, words":           "token: <your token here>",
		"square":                 "token: '[TOKEN]'",
		"your":                   "token: YOUR_TOKEN",
		"your, words":            "password: your-password-here",
		"insert":                 "token: INSERT_TOKEN_HERE",
		"percent":                "token: '%TOKEN%'",
		"at":                     "token: '@TOKEN@'",
		"underscores":            "token: __TOKEN__",
		"GitHub":                 "token: ${{ secrets.TOKEN }}",
		"GitLab":                 "token: $CI_JOB_TOKEN",
		"Terraform":              "token: ${data.x.y.token}",
		"Ansible":                "token: \"{{ lookup('env', 'TOKEN') }}\"",
		"dots":                   "token: ...",
		"dots, after":            "token: eyJhbGciOiJS...",
		"xs":                     "password: xxxxxxxx",
		"ends in xs":             "client-key-data: LS0tLS1CRUdJTxxxxxxxxxxxxxx",
		"of Azure":               "token: \"[concat(parameters('a'), variables('b')[0])]\"",
		"of a format, Java's":    "token: '{0}'",
		"a date":                 exec("args: [--auth-version, 2018-09-01-preview]"),
		"names itself":           "auth-provider: {config: {client-secret: CLIENT_SECRET, id-token: ID_TOKEN}}",
		"names itself, token":    "token: TOKEN",
		"beginning and end":      "token: eyJhbG...x9Qz",
		"brackets":               "token: '[[ token ]]'",
		"of a format":            "token: '{token}'",
		"of a format, Python's":  "token: '%(token)s'",
		"of Terraform":           "token: '%{token}'",
		"of Grafana":             "token: $__file{/run/token}",
		"goes here":              "token: token-goes-here",
		"add":                    "password: ADD_PASSWORD",
		"TOKEN_PLACEHOLDER":      "token: TOKEN_PLACEHOLDER",
		"name of a variable":     exec("args: [--token-env=EDGE_TOKEN]"),
		"name, next":             exec("args: [--password-env, DB_PASSWORD]"),
		"name, var":              exec("args: [--token-env-var, EDGE_TOKEN]"),
		"name, from":             exec("args: [--token-from-env, EDGE_TOKEN]"),
		"relative path":          exec("args: [--token, ./token]"),
		"relative, above":        exec("args: [--key, ../keys/edge.pem]"),
		"relative, folder":       exec("args: [--password, secrets/password]"),
		"file URL":               exec("args: [--token, file:///run/token]"),
		"curl's file":            exec("args: [-d, '@token.json']"),
		"secret's place":         exec("args: [--secret-name, edge-credentials, --token-path, a/b]"),
		"wallet":                 exec("args: [--key-id, projects/p/locations/l/keyRings/r/cryptoKeys/k]"),
		"client id":              exec("args: [--client-id, 80faf920-1908-4b52-b5ef-a8e7bedfc67a]"),
		"Google client id": exec("args: [--oidc-client-id=1234567890-abcdefghijklmnopqrstuvwxyz012345.apps." +
			"googleusercontent.com]"),
		"issuer of a path": exec("args: ['--oidc-issuer-url=https://login.example/realms/prod/protocol/oidc']"),
		"scopes":           exec("args: ['--oidc-extra-scope=offline_access,groups']"),
		"role":             exec("args: [--role, 'arn:aws:iam::123456789012:role/KubernetesAdmin']"),
		"EKS ARN":          exec("args: [--cluster-name, 'arn:aws:eks:eu-central-1:123456789012:cluster/prod']"),
		"verbosity":        exec("args: [-v=8, --v, '9']"),
		"grant":            exec("args: [--grant-type=authcode-keyboard]"),
		"token cache":      exec("args: [--token-cache-storage=keyring]"),
		"oidc":             exec("args: [--oidc-auth-request-extra-params=ttl=86400]"),
		"sso":              exec("env:\n- {name: AWS_SSO_SESSION, value: my-sso}"),
		"user name":        "username: kubernetes-admin@berlin",
		"user, ocid":       "username: ocid1.user.oc1..aaaaaaaaexample",
		"as":               "as: system:serviceaccount:kube-system:default",
		"OCID":             exec("args: [--cluster-id, ocid1.cluster.oc1.eu-frankfurt-1.aaaaaaaaexample7q2w3e]"),
		"prose": exec("installHint: |\n  To get a token, run: helper login. The password is the one of the portal;\n" +
			"  see https://docs.example/token?lang=en for the secret: it is asked for once."),
		"prose, quoted": exec("installHint: 'Install it: brew install x. Set TOKEN= to your token, or PASSWORD: ask.'"),
	} {
		s := judgedUser(t, user)
		for _, f := range s.found {
			t.Errorf("%s is found: %s:\n%s", name, fmt.Sprint(f.kind, " ", f.field), user)
		}
	}
}

// Comments that talk of secrets, and those that have one.
func TestKindsOfComments(t *testing.T) {
	var n names
	for _, comment := range []string{
		"# the token: ask Ann for it", "# password: see the wiki", "# token expires 2027-01-01", "# TOKEN is set by CI",
		"# password = $PASSWORD", "# token: <token>", "# token: REDACTED", "# token: {{ token }}", "# secret: none",
		"# rotate the token: quarterly", "# token from https://x.example/tokens?id=3", "# password: (in the vault)",
		"# tokens: 3 of them", "# Token: Bearer", "# auth: token", "# key: value", "# client-key-data: base64",
		"# see https://user@example.com/x", "# mail: ann@example.com", "# FIXED: token, password", "# token: null",
		"# token: ${TOKEN}", "# export TOKEN=$(pass show x)", "# --token=… is not needed", "# password:", "# token: ~",
		"# sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"# token: the one that helper prints", "# password: lives in 1Password", "# token: valid until 2027-05-20",
		"# token: string", "# password: DATA+OMITTED", "# user: me, password: on request",
	} {
		if n.inComment(comment + "\n") {
			t.Errorf("found in %q", comment)
		}
	}
	for _, comment := range []string{
		"# token: hunter2", "#token: hunter2", "# password: hunter2 # old", "# PASSWORD=hunter2", "# pw: hunter2",
		"# https://me:hunter2@x.example", "# curl -u me:hunter2 https://x.example", "# was: token: \"hunter2\"",
		"# Authorization: Bearer hunter2hunter2", "# ghp_Xk9fQePq7ZtW3mB8vLr2NyAa",
		"#   client-key-data: LS0tLS1CRUdJTiBQ",
		"# login with --password hunter2", "# " + jwt(`{"a":1}`), "# token: correcthorse", "# token: `hunter2`",
	} {
		line := "x: y " + comment + "\n"
		if !n.inComment(line) {
			t.Errorf("missed in %q", comment)
		} else if shown := HideComment(line); strings.Contains(shown, "hunter2") || strings.Contains(shown, "LS0t") {
			t.Errorf("shown: %q", shown)
		}
	}
}
