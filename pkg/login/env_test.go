package login

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// testToken is a JWT as an access token may be, signed by nobody of interest.
func testToken(t *testing.T, email string, expires time.Time) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"email": email, "iat": expires.Add(-time.Hour).Unix(), "exp": expires.Unix(),
	}).SignedString([]byte("test"))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestEnvironment(t *testing.T) {
	w := newWorld(t)
	key := string(w.sandbox.ServiceAccountKey())
	reader, err := w.sandbox.ServiceAccountKeyOf(sandbox.ReaderServiceAccount)
	if err != nil {
		t.Fatal(err)
	}
	var withoutPrivate map[string]any
	if err := json.Unmarshal([]byte(key), &withoutPrivate); err != nil {
		t.Fatal(err)
	}
	private := withoutPrivate["credentials"].(map[string]any)["privateKey"].(string)
	delete(withoutPrivate["credentials"].(map[string]any), "privateKey")
	public, err := json.Marshal(withoutPrivate)
	if err != nil {
		t.Fatal(err)
	}
	credentials := func(name string, members map[string]string) string {
		data, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		return w.write(name, data)
	}
	keyPath, readerPath := w.write("key.json", []byte(key)), w.write("reader.json", reader)
	publicPath, privatePath := w.write("public.json", public), w.write("private.pem", []byte(private))
	static := testToken(t, "static@example.com", time.Now().Add(time.Hour))
	saToken := testToken(t, "sa@example.com", time.Now().Add(time.Hour))
	const (
		admin = sandbox.AdminServiceAccount
		read  = sandbox.ReaderServiceAccount
	)
	for _, tc := range []struct {
		name              string
		env               map[string]string
		method, principal string
		want              string // of the error
	}{
		{"nothing", nil, "", "", ""},
		{"access token", map[string]string{"STACKIT_ACCESS_TOKEN": static}, methodAccessToken, "static@example.com",
			""},
		{"access token with a newline", map[string]string{"STACKIT_ACCESS_TOKEN": static + "\n"}, methodAccessToken,
			"static@example.com", ""},
		{"access token before key", map[string]string{"STACKIT_ACCESS_TOKEN": static,
			"STACKIT_SERVICE_ACCOUNT_KEY": key}, methodAccessToken, "static@example.com", ""},
		{"opaque access token", map[string]string{"STACKIT_ACCESS_TOKEN": "opaque"}, methodAccessToken, "", ""},
		{"key by path", map[string]string{"STACKIT_SERVICE_ACCOUNT_KEY_PATH": keyPath}, methodServiceAccountKey, admin,
			""},
		{"key inline", map[string]string{"STACKIT_SERVICE_ACCOUNT_KEY": key}, methodServiceAccountKey, admin, ""},
		{"path before inline", map[string]string{"STACKIT_SERVICE_ACCOUNT_KEY_PATH": readerPath,
			"STACKIT_SERVICE_ACCOUNT_KEY": key}, methodServiceAccountKey, read, ""},
		{"key before token", map[string]string{"STACKIT_SERVICE_ACCOUNT_KEY": key,
			"STACKIT_SERVICE_ACCOUNT_TOKEN": saToken}, methodServiceAccountKey, admin, ""},
		{"private key by path", map[string]string{"STACKIT_SERVICE_ACCOUNT_KEY_PATH": publicPath,
			"STACKIT_PRIVATE_KEY_PATH": privatePath}, methodServiceAccountKey, admin, ""},
		{"private key inline", map[string]string{"STACKIT_SERVICE_ACCOUNT_KEY": string(public),
			"STACKIT_PRIVATE_KEY": private}, methodServiceAccountKey, admin, ""},
		{"service account token", map[string]string{"STACKIT_SERVICE_ACCOUNT_TOKEN": saToken},
			methodServiceAccountToken, "sa@example.com", ""},
		{"credentials file with key path", map[string]string{"STACKIT_CREDENTIALS_PATH": credentials("c1.json",
			map[string]string{
				"STACKIT_SERVICE_ACCOUNT_KEY_PATH": publicPath, "STACKIT_PRIVATE_KEY_PATH": privatePath})},
			methodServiceAccountKey, admin, ""},
		{"credentials file with key", map[string]string{"STACKIT_CREDENTIALS_PATH": credentials("c2.json",
			map[string]string{
				"STACKIT_SERVICE_ACCOUNT_KEY": key, "STACKIT_SERVICE_ACCOUNT_TOKEN": saToken})},
			methodServiceAccountKey,
			admin, ""},
		{"credentials file with token", map[string]string{"STACKIT_CREDENTIALS_PATH": credentials("c3.json",
			map[string]string{
				"STACKIT_SERVICE_ACCOUNT_TOKEN": saToken})}, methodServiceAccountToken, "sa@example.com", ""},
		{"variable before credentials file", map[string]string{"STACKIT_SERVICE_ACCOUNT_KEY_PATH": readerPath,
			"STACKIT_CREDENTIALS_PATH": w.dir + "/c2.json"},
			methodServiceAccountKey, read, ""},

		{"key missing", map[string]string{"STACKIT_SERVICE_ACCOUNT_KEY_PATH": "/missing"}, "", "",
			"service account key of the environment"},
		{"key empty", map[string]string{"STACKIT_SERVICE_ACCOUNT_KEY_PATH": w.write("empty", nil)}, "", "", "is empty"},
		{"key is PEM", map[string]string{"STACKIT_SERVICE_ACCOUNT_KEY": private}, "", "",
			"service account key in STACKIT_SERVICE_ACCOUNT_KEY: it is a PEM file"},
		{"private key missing", map[string]string{"STACKIT_SERVICE_ACCOUNT_KEY": string(public),
			"STACKIT_PRIVATE_KEY_PATH": "/missing"}, "", "", "private key of the environment"},
		{"credentials file missing", map[string]string{"STACKIT_CREDENTIALS_PATH": "/missing"}, "", "",
			"STACKIT_CREDENTIALS_PATH: read credentials file"},
		{"credentials file is a key", map[string]string{"STACKIT_CREDENTIALS_PATH": privatePath}, "", "",
			"is not JSON"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w.env = tc.env
			source, err := w.account().Environment()
			if tc.want != "" {
				wantError(t, err, tc.want, "")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if tc.method == "" {
				if source != nil {
					t.Errorf("got a source: %s", source.Method())
				}
				return
			}
			token, err := source.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if source.Method() != tc.method || token.Principal != tc.principal {
				t.Errorf("got %s of %q, want %s of %q", source.Method(), token.Principal, tc.method, tc.principal)
			}
		})
	}
}

func TestEnvironmentBeforeSession(t *testing.T) {
	w := newWorld(t)
	w.login()
	w.env["STACKIT_ACCESS_TOKEN"] = testToken(t, "static@example.com", time.Now().Add(time.Hour))
	w.wantToken("static@example.com")
	w.env = map[string]string{"STACKIT_SERVICE_ACCOUNT_KEY_PATH": "/missing"}
	if _, err := w.token(); err == nil {
		t.Error("a broken credential in the environment is passed over in silence")
	}
}

// The credentials file that nobody named is used when nobody is logged in, and only then.
func TestDefaultCredentialsFile(t *testing.T) {
	w := newWorld(t)
	reader, err := w.sandbox.ServiceAccountKeyOf(sandbox.ReaderServiceAccount)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(map[string]string{"STACKIT_SERVICE_ACCOUNT_KEY_PATH": w.write("reader.json", reader)})
	if err != nil {
		t.Fatal(err)
	}
	w.env["HOME"], w.env["USERPROFILE"] = w.dir, w.dir
	w.mkdir(".stackit")
	w.write(".stackit/credentials.json", data)
	w.wantToken(sandbox.ReaderServiceAccount)
	w.login()
	w.wantToken(sandbox.AdminServiceAccount)
}

func TestStaticTokenExpires(t *testing.T) {
	w := newWorld(t)
	w.env["STACKIT_ACCESS_TOKEN"] = testToken(t, "static@example.com", time.Now().Add(-time.Hour))
	_, err := w.token()
	wantError(t, err, "the token in STACKIT_ACCESS_TOKEN expired at", "unset it and log in: kubectl edge login")
	if strings.Contains(err.Error(), w.env["STACKIT_ACCESS_TOKEN"]) {
		t.Error("the error has the token in it")
	}
}
