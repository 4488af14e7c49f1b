package sandbox_test

import (
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"k8s.io/apimachinery/pkg/util/uuid"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
)

const (
	projectPath  = "/edge/v1beta1/projects/" + sandbox.ProjectID
	regionPath   = projectPath + "/regions/" + sandbox.Region
	instancePath = regionPath + "/instances/" + sandbox.InstanceID
	jwtBearer    = "urn:ietf:params:oauth:grant-type:jwt-bearer"
)

// clock is a time that only the test moves.
func clock(o *sandbox.Options) {
	start := time.Date(2026, 8, 21, 12, 0, 0, 0, time.UTC)
	o.Now = func() time.Time { return start }
}

// client calls a sandbox with a bearer token.
type client struct {
	t     *testing.T
	s     *sandbox.Sandbox
	http  *http.Client
	token string
}

func start(t *testing.T, options ...func(*sandbox.Options)) *client {
	t.Helper()
	s, _ := sandboxtest.Start(t, append([]func(*sandbox.Options){clock}, options...)...)
	return &client{t: t, s: s, http: sandboxtest.Client(t, s)}
}

// as returns a client with a token of a service account.
func (c *client) as(email string) *client {
	c.t.Helper()
	k := c.key(email)
	status, body := c.form(k.Credentials.TokenEndpoint,
		url.Values{"grant_type": {jwtBearer}, "assertion": {k.sign(c, nil)}})
	if status != http.StatusOK {
		c.t.Fatalf("token of %s: status %d", email, status)
	}
	return &client{t: c.t, s: c.s, http: c.http, token: body["access_token"].(string)}
}

func (c *client) do(method, path, contentType, body string) (int, http.Header, string) {
	c.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = c.s.URL() + path
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp.StatusCode, resp.Header, string(b)
}

// json sends a request and decodes a JSON answer, if there is a body.
func (c *client) json(method, path, body string) (int, map[string]any) {
	c.t.Helper()
	status, header, text := c.do(method, path, "application/json", body)
	return status, c.decode(path, header, text)
}

func (c *client) get(path string) (int, map[string]any) {
	c.t.Helper()
	return c.json(http.MethodGet, path, "")
}

func (c *client) form(path string, v url.Values) (int, map[string]any) {
	c.t.Helper()
	status, header, text := c.do(http.MethodPost, path, "application/x-www-form-urlencoded", v.Encode())
	return status, c.decode(path, header, text)
}

func (c *client) decode(path string, header http.Header, text string) map[string]any {
	c.t.Helper()
	if text == "" {
		return nil
	}
	if got := header.Get("Content-Type"); got != "application/json" {
		c.t.Fatalf("%s: Content-Type %q", path, got)
	}
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		c.t.Fatalf("%s: %v", path, err)
	}
	return out
}

// keyFile is what a client reads of a service account key.
type keyFile struct {
	Credentials struct {
		Kid, Iss, Sub, Aud, PrivateKey, TokenEndpoint string
	}
}

func (c *client) key(email string) *keyFile {
	c.t.Helper()
	b, err := c.s.ServiceAccountKeyOf(email)
	if err != nil {
		c.t.Fatal(err)
	}
	k := &keyFile{}
	if err := json.Unmarshal(b, k); err != nil {
		c.t.Fatal(err)
	}
	return k
}

func (k *keyFile) private(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(k.Credentials.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sign makes an assertion as the SDK does, after change.
func (k *keyFile) sign(c *client, change func(*jwt.Token)) string {
	c.t.Helper()
	now := c.s.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodRS512, jwt.MapClaims{
		"iss": k.Credentials.Iss,
		"sub": k.Credentials.Sub,
		"aud": k.Credentials.Aud,
		"jti": string(uuid.NewUUID()),
		"iat": now.Unix(),
		"exp": now.Add(time.Hour).Unix(),
	})
	token.Header["kid"] = k.Credentials.Kid
	if change != nil {
		change(token)
	}
	signed, err := token.SignedString(k.private(c.t))
	if err != nil {
		c.t.Fatal(err)
	}
	return signed
}
