package audit

import (
	"encoding/base64"
	"encoding/binary"
	"testing"

	"go.yaml.in/yaml/v4"
)

// An argument or variable of a user's helper. What is a secret is found and hidden; what is none is not found.
func TestSpellingsOfHelpers(t *testing.T) {
	const drawn = "Xk9fQePq7ZtW3mB8vLr2NyAa"
	pem := "-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----\n"
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	arg := func(args ...string) map[string]any { return map[string]any{"command": "get-token", "args": args} }
	env := func(name, value string) map[string]any {
		return map[string]any{"command": "get-token", "env": []map[string]string{{"name": name, "value": value}}}
	}
	secrets := map[string]map[string]any{
		"flag":                  arg("--password=hunter2"),
		"flag, next":            arg("--password", "hunter2"),
		"glued":                 arg("-ppw"),
		"glued, digits":         arg("-phunter2"),
		"short":                 arg("-p", "hunter2"),
		"glued login":           arg("-ume:hunter2"),
		"login":                 arg("-u", "me:hunter2"),
		"login flag":            arg("--user=me:hunter2"),
		"proxy login":           arg("--proxy-user", "me:hunter2"),
		"Go flag":               arg("-token=hunter2"),
		"Go flag, next":         arg("-token", "hunter2"),
		"camel case":            arg("--clientSecret=hunter2"),
		"api key":               arg("--api-key", "hunter2"),
		"key":                   arg("--key", "a1b2c3d4e5f6a7b8c9d0"),
		"assignment":            arg("env", "TOKEN=hunter2", "helper"),
		"basic header":          arg("-H", "Authorization: Basic bWU6aHVudGVyMg=="),
		"bearer header":         arg("--header=Authorization: Bearer hunter2hunter2"),
		"own header":            arg("-H", "X-Api-Key: a1b2c3d4e5f6a7b8c9d0"),
		"token header":          arg("-H", "X-Auth-Token: hunter2"),
		"shell":                 arg("-c", "curl -u me:hunter2 https://x.example/token"),
		"shell, export":         arg("-c", "export API_TOKEN=hunter2; exec helper"),
		"shell, flag":           arg("-c", "helper login --password hunter2 --region eu01"),
		"SAS in a query":        arg("https://x.blob.example/c?sv=2024&se=2027&sig=aB3%2Fd9k1LmN"),
		"token in a query":      arg("--url=https://x.example/cb?access_token=hunter2"),
		"URL":                   arg("postgres://me:hunter2@db.example/x"),
		"URL, odd password":     arg("http://me:hun@ter2@proxy.example"),
		"URL, slash":            arg("http://me:hunt/er2@proxy.example"),
		"URL, user is a token":  arg("https://" + drawn + "@git.example/x"),
		"no scheme":             arg("--proxy=me:hunter2@proxy.example:3128"),
		"PEM":                   arg("--cert", pem),
		"PEM in base64":         arg(base64.StdEncoding.EncodeToString([]byte(pem))),
		"random":                arg(drawn),
		"base64 with slashes":   arg("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
		"hex":                   arg("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"),
		"JWT":                   arg("--id", jwt(`{"sub":"me"}`)),
		"OpenShift":             arg("sha256~a1b2c3d4e5f6a7b8c9d0e1f2"),
		"Rancher":               arg("kubeconfig-u-abcdefghij:zvwnbzlp4gpzz9gsx8qjwh4nc7hpgxzrrk5jczvqqxxbjwwv"),
		"bootstrap":             arg("abcdef.0123456789abcdef"),
		"AWS":                   env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"),
		"AWS session":           env("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2Vj"),
		"Vault":                 env("VAULT_SECRET_ID", "3fa85f64-5717-4562-b3fc-2c963f66afa6"),
		"pass in the middle":    env("DB_PASS_PROD", "hunter2"),
		"numbered":              env("PASSWORD_2", "hunter2"),
		"one word":              env("PGPASSWORD", "hunter2"),
		"MySQL":                 env("MYSQL_PWD", "hunter2"),
		"sshpass":               env("SSHPASS", "hunter2"),
		"German":                env("KENNWORT", "hunter2"),
		"PAT":                   env("GITHUB_PAT", "hunter2"),
		"cookie":                env("SESSION_COOKIE", "hunter2"),
		"starts with a slash":   env("PASSWORD", "/hunter2"),
		"slash, base64":         env("PASSWORD", "/9j4AAQ"),
		"slashes, base64":       env("API_TOKEN", "/9j4/AAQSkZJRg/ABAQEAYABgAAD"),
		"starts with a dollar":  env("PASSWORD", "$hunter2"),
		"starts with a tilde":   env("PASSWORD", "~hunter2"),
		"starts with a dot":     env("PASSWORD", ".hunter2"),
		"JSON":                  env("GCP", `{"type": "service_account", "private_key": "`+drawn+`"}`),
		"JSON, password":        env("DOCKER_CONFIG_JSON", `{"auths":{"r.example":{"password":"hunter2"}}}`),
		"connection string":     env("AZURE_STORAGE", "AccountName=a;AccountKey=aGVsbG8gd29ybGQ=;Suffix=x"),
		"proxy":                 env("HTTPS_PROXY", "http://u:pw@proxy:3128"),
		"header in a variable":  env("HEADERS", "Authorization: Bearer hunter2hunter2"),
		"options in a variable": env("OPTS", "--token=hunter2 --region=eu01"),
		"of a bind":             env("LDAP_BINDPW", "hunter2"),
		"curl's certificate":    arg("--cert", "client.pem:hunter2", "https://x.example"),
		"curl's, by its path":   arg("-E", "/etc/ssl/client.pem:hunter2"),
		"PowerShell, encoded":   arg("-EncodedCommand", b64(wider(binary.LittleEndian, `helper --password "hunter2"`))),
		"JSON, encoded":         arg("--config", b64(`{"user": "me", "password": "hunter2"}`)),
		"encoded twice":         env("AUTH_CONFIG", b64(b64(`{"password": "hunter2"}`))),
		"certificate and key":   arg("--ca-data", b64("-----BEGIN CERTIFICATE-----\nMIIB\n"+pem)),
	}
	harmlessOnes := map[string]map[string]any{
		"EKS": arg("--region", "eu-central-1", "eks", "get-token", "--cluster-name", "prod-token", "--output", "json",
			"--role-arn", "arn:aws:iam::123456789012:role/admin"),
		"Azure": arg("get-token", "--environment", "AzurePublicCloud", "--server-id",
			"6dae42f8-4368-4678-94ff-3960e28e3630", "--client-id", "80faf920-1908-4b52-b5ef-a8e7bedfc67a",
			"--tenant-id",
			"3fa85f64-5717-4562-b3fc-2c963f66afa6", "--login", "devicecode"),
		"kubelogin": arg("oidc-login", "get-token", "--oidc-issuer-url=https://issuer.example/realms/x",
			"--oidc-client-id=kubernetes", "--oidc-extra-scope=email", "--oidc-use-access-token",
			"--token-cache-dir=~/.kube/cache", "--oidc-use-pkce", "--certificate-authority-data=LS0tLS1CRUdJTiBDRVJU"),
		"OCI": arg("ce", "cluster", "generate-token", "--cluster-id",
			"ocid1.cluster.oc1.iad.aaaaaaaaae3dcmrqmmytczlfgu3wcyzqgjrdmmjqhfrwkzlbmftdqylfmyyt", "--region",
			"us-ashburn-1"),
		"Teleport": arg("kube", "credentials", "--kube-cluster=x", "--teleport-cluster=t.example.com",
			"--proxy=t.example.com:443", "--no-cookie"),
		"ours": arg("--project-id", "3fa85f64-5717-4562-b3fc-2c963f66afa6", "--region", "eu01", "--instance-id",
			"demo-3714d85", "--expiration", "15m"),
		"name of a variable": arg("--token-env=MY_TOKEN"),
		"variable's name":    arg("--password-env", "MY_PASSWORD"),
		"from stdin":         arg("--password-stdin", "login"),
		"file":               arg("--token-file", "token.txt"),
		"relative path":      arg("--token", "secrets/token.txt", "--password", "./pw"),
		"absolute path":      arg("--token=/var/run/secrets/token", "--key", "/etc/ssl/private/host.key"),
		"Windows path":       arg("--token", `C:\Users\me\token`),
		"home":               arg("--key-file", "~/.ssh/id_ed25519", "--secret", "~/secret"),
		"shell's":            arg("-c", `curl -H "Authorization: Bearer $TOKEN" -u "$USER:$PASS" https://x.example`),
		"template's":         arg("--token={{ .Token }}", "--password", "{{.Values.password}}"),
		"placeholders":       arg("--token=<token>", "--password=${PASSWORD}", "--secret=%SECRET%"),
		"GitHub's":           arg("--token=${{ secrets.TOKEN }}"),
		"reserved":           arg("--token=REDACTED", "--password=changeme", "--secret", "YOUR_SECRET_HERE"),
		"stars":              arg("--password=********", "--token", "xxxx"),
		"shown in part":      arg("--token=eyJhbGciOiJSUzI1NiIs..."),
		"command":            arg("--password", "$(pass show edge)"),
		"switch":             arg("--token", "true", "--use-token=false"),
		"port":               arg("-p", "8443"),
		"project":            arg("-p", "3fa85f64-5717-4562-b3fc-2c963f66afa6"),
		"Go's flags":         arg("-profile", "prod", "-project=demo", "-path", "/x", "-port=8443"),
		"host and port":      arg("--user", "host.example:8443"),
		"user":               arg("--user=system:serviceaccount:kube-system:default"),
		"issuer":             env("OIDC_ISSUER_URL", "https://issuer.example/a1b2"),
		"key id":             env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
		"profile":            env("AWS_PROFILE", "default"),
		"STS":                env("AWS_STS_REGIONAL_ENDPOINTS", "regional"),
		"credentials file":   env("GOOGLE_APPLICATION_CREDENTIALS", "sa.json"),
		"token's audience":   env("TOKEN_AUDIENCE", "https://kubernetes.default.svc"),
		"secret's name":      env("SECRET_NAME", "my-secret"),
		"proxy":              env("HTTPS_PROXY", "http://proxy.example:3128"),
		"proxy, variable":    env("HTTPS_PROXY", "http://$USER:$PASS@proxy.example:3128"),
		"null":               env("TOKEN", "null"),
		"elsewhere":          env("TOKEN", "op://vault/item/token"),
		"encrypted":          env("TOKEN", "ENC[AES256_GCM,data:abcdefgh,iv:x,tag:y,type:str]"),
		"user and group":     arg("run", "-u", "1000:1000", "--user", "0:0", "x:latest"),
		"image by digest":    arg("x.io/y@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
		"certificate":        arg("--ca-bundle-data", b64("-----BEGIN CERTIFICATE-----\nMIIBezCCASGgAwIBAgIRAPX1")),
		"certificate, glued": arg("--ca-bundle-data=" + b64("-----BEGIN CERTIFICATE-----\nMIIBezCCASGgAwIBAgIRAPX1")),
		"curl's file alone":  arg("--cert", "client.pem", "-E", `C:\keys\client.pem`),
		"PowerShell's":       arg("-Command", "helper --token $Token --secret $clientSecret"),
		"names itself":       env("CLIENT_SECRET", "CLIENT_SECRET"),
		"fingerprint":        arg("--ca-fingerprint-id", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"),
	}
	judged := func(t *testing.T, exec map[string]any) (found, hidden int) {
		t.Helper()
		data, err := yaml.Marshal(map[string]any{"users": []any{map[string]any{"name": "a",
			"user": map[string]any{"exec": exec}}}})
		if err != nil {
			t.Fatal(err)
		}
		var document yaml.Node
		if err := yaml.Unmarshal(data, &document); err != nil {
			t.Fatal(err)
		}
		s := findSecrets(document.Content[0])
		return len(s.found), len(s.hidden)
	}
	for name, exec := range secrets {
		if found, hidden := judged(t, exec); found == 0 || hidden < found {
			t.Errorf("%s: %v is missed", name, exec)
		}
	}
	for name, exec := range harmlessOnes {
		if found, _ := judged(t, exec); found > 0 {
			t.Errorf("%s: %v is found", name, exec)
		}
	}
}

// Of a user everything is hidden that is not known to be harmless; of our own entries nothing.
func TestWhatIsNotKnownToBeHarmlessIsHidden(t *testing.T) {
	for text, want := range map[string]int{
		"exec: {command: x, args: [--foo, a1b2c3, --region, eu01]}": 1,
		"exec: {command: x, env: [{name: FOO, value: a1b2c3}]}":     1,
		"auth-provider: {name: oidc, config: {nonce: a1b2c3}}":      1,
		"auth-provider: {name: oidc, config: {client-id: a1b2c3}}":  0,
		"x-note: a1b2c3":   1,
		"username: a1b2c3": 0,
		"exec: {command: x, args: [get-token, -v, --cluster-id, a1b]}":      0,
		"exec: {command: x, args: [--client-id, Xk9fQePq7ZtW3mB8vLr2NyAa]}": 1,
		"exec: {command: kubectl-edge_credential, args: [--project-id, 3fa85f64-5717-4562-b3fc-2c963f66afa6, " +
			"--region, eu01, --instance-id, demo-3714d85, --expiration, 15m]}": 0,
	} {
		var document yaml.Node
		if err := yaml.Unmarshal([]byte("users: [{name: a, user: {"+text+"}}]"), &document); err != nil {
			t.Fatal(err)
		}
		if got := Hidden(document.Content[0]); len(got) != want {
			t.Errorf("%s: hidden %d scalars, want %d", text, len(got), want)
		}
	}
}
