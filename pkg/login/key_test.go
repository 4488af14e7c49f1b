package login

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func privatePEM(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func publicPEM(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func rsaKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestParseKey(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	rsaPrivate, other := rsaKey(t), rsaKey(t)
	ecPrivate, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY",
		Bytes: x509.MarshalPKCS1PrivateKey(rsaPrivate)}))
	type object = map[string]any
	key := func(change func(key, credentials object)) string {
		credentials := object{
			"kid": "8a1c", "iss": "robot@sa.stackit.cloud", "sub": "4711", "aud": "https://accounts.stackit.cloud",
			"privateKey": privatePEM(t, rsaPrivate),
		}
		k := object{"id": "8a1c", "active": true, "validUntil": "2027-01-01T00:00:00Z", "keyAlgorithm": "RSA_2048",
			"publicKey": publicPEM(t, rsaPrivate.Public()), "unknown": object{"kept": "out"},
			"credentials": credentials}
		change(k, credentials)
		data, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	same := func(_, _ object) {}
	without := func(member string) string { return key(func(_, c object) { delete(c, member) }) }
	for _, tc := range []struct {
		name, data, private string
		want, next          string // of the error; "" is none
	}{
		{"as created", key(same), "", "", ""},
		{"with white space", "\n\t" + key(same) + "\n", "", "", ""},
		{"PKCS #1", key(func(_, c object) { c["privateKey"] = pkcs1 }), "", "", ""},
		{"private key beside it", without("privateKey"), pkcs1, "", ""},
		{"private key beside it wins", key(func(_, c object) { c["privateKey"] = "rubbish" }), pkcs1, "", ""},
		{"without an end", key(func(k, _ object) { delete(k, "validUntil") }), "", "", ""},
		{"without public key", key(func(k, _ object) { delete(k, "publicKey") }), "", "", ""},
		{"public key of another form", key(func(k, _ object) { k["publicKey"] = "ssh-rsa AAAA" }), "", "", ""},
		{"just ended", key(func(k, _ object) { k["validUntil"] = "2026-11-21T11:59:30Z" }), "", "", ""},

		{"empty", " \n", "", "it is empty", ""},
		{"PEM", pkcs1, "", "it is a PEM file", "the JSON file"},
		{"text", "squeamish", "", "not a JSON object", "the JSON file"},
		{"list", "[]", "", "not a JSON object", "the JSON file"},
		{"cut off", key(same)[:200], "", "not a JSON object", "the JSON file"},
		{"another object", `{"a":1}`, "", `no member "credentials"`, "the JSON file"},
		{"credentials file", `{"STACKIT_SERVICE_ACCOUNT_KEY_PATH":"/x"}`, "", "STACKIT credentials file",
			"the JSON file"},
		{"kubeconfig", `{"kind":"Config","apiVersion":"v1"}`, "", "kubeconfig", "the JSON file"},
		{"Google's", `{"type":"service_account","private_key_id":"x"}`, "", "Google", "the JSON file"},
		{"wrong type", key(func(_, c object) { c["kid"] = 1 }), "", "credentials.kid has the wrong type",
			"the JSON file"},
		{"wrong time", key(func(k, _ object) { k["validUntil"] = "tomorrow" }), "", "wrong form", "the JSON file"},
		{"without kid", without("kid"), "", "credentials.kid is missing", "the JSON file"},
		{"without iss", without("iss"), "", "credentials.iss is missing", "the JSON file"},
		{"without sub", without("sub"), "", "credentials.sub is missing", "the JSON file"},
		{"without aud", without("aud"), "", "credentials.aud is missing", "the JSON file"},
		{"inactive", key(func(k, _ object) { k["active"] = false }), "", "not active", "portal"},
		{"ended", key(func(k, _ object) { k["validUntil"] = "2026-11-20T00:00:00Z" }), "", "expired at 2026-11-20",
			"create another"},
		{"without private key", without("privateKey"), "", "no private key", "--private-key FILE"},
		{"private key is no PEM", without("privateKey"), "squeamish", "not in PEM form", ""},
		{"private key is damaged", without("privateKey"),
			"-----BEGIN PRIVATE KEY-----\nc3F1ZWFtaXNo\n-----END PRIVATE KEY-----\n", "not a valid RSA key", ""},
		{"private key is encrypted", without("privateKey"),
			"-----BEGIN ENCRYPTED PRIVATE KEY-----\nc3F1ZWFtaXNo\n-----END ENCRYPTED PRIVATE KEY-----\n", "password",
			"openssl"},
		{"private key is public", without("privateKey"), publicPEM(t, rsaPrivate.Public()), "this is a PUBLIC KEY", ""},
		{"private key is EC", without("privateKey"), privatePEM(t, ecPrivate), "not a valid RSA key", ""},
		{"private key of another pair", key(same), privatePEM(t, other), "does not belong to", "public key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			k, err := parseKey([]byte(tc.data), []byte(tc.private), now)
			if tc.want != "" {
				wantError(t, err, tc.want, tc.next)
				if strings.Contains(err.Error()+hint.Of(err), "squeamish") {
					t.Errorf("the error quotes the file: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			assertion, err := k.assertion(now)
			if err != nil {
				t.Fatal(err)
			}
			claims := jwt.RegisteredClaims{}
			token, err := jwt.ParseWithClaims(assertion, &claims,
				func(*jwt.Token) (any, error) { return rsaPrivate.Public(), nil },
				jwt.WithValidMethods([]string{"RS512"}), jwt.WithTimeFunc(func() time.Time { return now }),
				jwt.WithIssuedAt())
			if err != nil {
				t.Fatal(err)
			}
			if token.Header["kid"] != "8a1c" || claims.Issuer != "robot@sa.stackit.cloud" || claims.Subject != "4711" ||
				len(claims.Audience) != 1 || claims.Audience[0] != "https://accounts.stackit.cloud" ||
				claims.ID == "" || claims.IssuedAt.After(now.Add(-time.Minute)) {
				t.Errorf("assertion: header %v, claims %+v", token.Header, claims)
			}
		})
	}
}

func TestKeyTokenURL(t *testing.T) {
	for _, tc := range []struct {
		name, configured, env, audience, own string
		want                                 string
	}{
		{name: "configured", configured: "https://a.stackit.cloud", env: "https://b.stackit.cloud",
			audience: "https://accounts.stackit.cloud",
			own:      "https://c.stackit.cloud", want: "https://a.stackit.cloud"},
		{name: "environment", env: "https://b.stackit.cloud", audience: "https://accounts.stackit.cloud",
			own:  "https://c.stackit.cloud",
			want: "https://b.stackit.cloud"},
		{name: "audience of the identity provider", audience: "https://accounts.stackit.cloud", own: publicTokenURL,
			want: "https://accounts.stackit.cloud/oauth/v2/token"},
		{name: "audience of the service account API", audience: "https://service-account.api.stackit.cloud",
			own: "https://accounts.stackit.cloud/oauth/v2/token", want: publicTokenURL},
		{name: "key's own", audience: "https://elsewhere.stackit.cloud", own: "https://c.stackit.cloud",
			want: "https://c.stackit.cloud"},
		{name: "old audience", audience: "https://stackit-service-account-prod.apps.01.cf.eu01.stackit.cloud",
			want: publicTokenURL},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &Account{
				Profile: profile.Profile{Endpoints: profile.Endpoints{ServiceAccountToken: tc.configured}},
				Env: envcredential.Of(func(name string) string {
					return map[string]string{"STACKIT_TOKEN_BASEURL": tc.env}[name]
				}),
			}
			key := &serviceAccountKey{}
			key.Credentials.Audience, key.Credentials.TokenEndpoint = tc.audience, tc.own
			if got := s.keyTokenURL(key); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// A key goes where its audience is, and one sent elsewhere is refused with the place that it names itself.
func TestKeyOfTheIdentityProvider(t *testing.T) {
	w := newWorld(t)
	data, err := w.sandbox.ServiceAccountKeyOf(sandbox.IssuerServiceAccount)
	if err != nil {
		t.Fatal(err)
	}
	key := KeyFile{Path: w.write("key.json", data)}
	if _, err := w.account().Login(t.Context(), key); err != nil {
		t.Error(err)
	}
	w.wantToken(sandbox.IssuerServiceAccount)

	w.profile.Endpoints.ServiceAccountToken = w.sandbox.ServiceAccountTokenURL()
	_, err = w.account().Login(t.Context(), key)
	wantError(t, err, "invalid_grant", "the key itself names "+w.sandbox.URL()+"/oauth/v2/token")
}

// A private key of another pair is found by the token endpoint where the key file has no public key.
func TestKeyOfAnotherPair(t *testing.T) {
	w := newWorld(t)
	var key map[string]any
	if err := json.Unmarshal(w.sandbox.ServiceAccountKey(), &key); err != nil {
		t.Fatal(err)
	}
	delete(key, "publicKey")
	data, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.account().Login(t.Context(), KeyFile{
		Path: w.write("key.json", data), PrivateKeyPath: w.write("other.pem", []byte(privatePEM(t, rsaKey(t)))),
	})
	wantError(t, err, "it was rejected", "create another key")
}

func TestKeyFile(t *testing.T) {
	w := newWorld(t)
	for _, tc := range []struct {
		file KeyFile
		want string
	}{
		{KeyFile{Path: w.dir + "/missing.json"}, "missing.json: "},
		{KeyFile{Path: w.dir}, "read service account key"},
		{KeyFile{Path: w.write("big.json", make([]byte, 2<<20))}, "larger than 1 MiB"},
		{KeyFile{Path: w.keyFile().Path, PrivateKeyPath: w.dir + "/missing.pem"}, "read private key"},
		{KeyFile{Path: w.write("key.pem", []byte("-----BEGIN PRIVATE KEY-----"))}, "key.pem: it is a PEM file"},
	} {
		_, err := w.account().Login(t.Context(), tc.file)
		wantError(t, err, tc.want, "")
	}
	if n := w.sandbox.Stats().Requests; n != 0 {
		t.Errorf("%d requests for files that are no keys", n)
	}
}
