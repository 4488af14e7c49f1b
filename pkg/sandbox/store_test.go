package sandbox_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// direct asks a sandbox that does not listen.
type direct struct{ s *sandbox.Sandbox }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	served := r.Clone(r.Context())
	if served.Body == nil {
		served.Body = http.NoBody
	}
	served.Host = r.URL.Host
	d.s.ServeHTTP(w, served)
	return w.Result(), nil
}

// kept is an option: the sandbox keeps what it holds in dir.
func kept(dir string) func(*sandbox.Options) {
	return func(o *sandbox.Options) { o.Dir = dir }
}

// restart makes another sandbox of what is in dir, as after a crash, and has c ask that one.
func (c *client) restart(dir string) {
	c.t.Helper()
	o := sandbox.Options{URL: c.s.URL(), Dir: dir}
	clock(&o)
	s, err := sandbox.New(o)
	if err != nil {
		c.t.Fatal(err)
	}
	c.s, c.http.Transport = s, direct{s}
}

// TestStateSurvives: nothing is saved at an end, so that a crash loses nothing that was answered.
func TestStateSurvives(t *testing.T) {
	dir := t.TempDir()
	p := startPerson(t, kept(dir), func(o *sandbox.Options) { o.Seed = "s" })
	admin := p.as(sandbox.AdminServiceAccount)
	must := func(method, path, body string, want int) map[string]any {
		t.Helper()
		status, answer := admin.json(method, path, body)
		if status != want {
			t.Fatalf("%s %s: status %d, %v", method, path, status, answer)
		}
		return answer
	}
	must("POST", regionPath+"/instances", `{"displayName":"mill","planId":"`+sandbox.PlanID+`"}`, 201)
	must("POST", "/sandbox/instances", `{"displayName":"press","status":"failed","refuseCredentials":3}`, 200)
	must("DELETE", "/sandbox/instances/"+sandbox.ReconcilingID, "", 204)
	project := must("POST", "/sandbox/projects", `{"name":"harbour","withoutEdge":true}`, 200)["projectId"].(string)
	account := must("POST", "/sandbox/accounts", `{"name":"ci","projects":["`+project+`"]}`, 200)["email"].(string)
	ci := p.as(account) // which makes its key
	must("PUT", "/sandbox/services", `{"state":"ENABLED","projectId":"`+project+`"}`, 204)
	must("PATCH", "/sandbox/settings", `{"opaqueInstanceTokens":true,"reconcileTime":"1m"}`, 200)
	must("DELETE", "/sandbox/accounts/"+sandbox.ReaderServiceAccount+"/access-tokens", "", 204)
	opaque := must("GET", instancePath+"/token", "", 200)["token"].(string)
	must("PATCH", "/sandbox/settings", `{"opaqueInstanceTokens":false}`, 200)
	jwt := must("GET", instancePath+"/token", "", 200)["token"].(string)
	login := p.tokens()
	used := p.tokens().RefreshToken
	if _, err := p.refresh(used); err != nil {
		t.Fatal(err)
	}

	p.restart(dir)
	admin.s, ci.s = p.s, p.s
	if !p.s.TakesToken(sandbox.InstanceID, opaque) {
		t.Error("an opaque token is refused")
	}
	keys := must("GET", "/instances/"+sandbox.InstanceID+"/keys", "", 200)
	if header, _, _ := strings.Cut(jwt, "."); !strings.Contains(fmt.Sprint(keys), kid(t, header)) {
		t.Error("the key of an instance's tokens is another")
	}
	if !p.works(login.AccessToken) {
		t.Error("an access token is refused")
	}
	if _, err := p.refresh(login.RefreshToken); err != nil {
		t.Errorf("a refresh token: %v", err)
	}
	if _, err := p.refresh(used); err == nil {
		t.Error("a used refresh token is taken again")
	}
	if status, _ := admin.get(instancePath); status != 200 {
		t.Errorf("the token of a service account: status %d", status)
	}
	if status, _ := ci.get("/edge/v1beta1/projects/" + project + "/regions/eu01/instances"); status != 200 {
		t.Errorf("the account of one project there: status %d", status)
	}
	if status, _ := ci.get(instancePath); status != 403 {
		t.Errorf("the account of one project elsewhere: status %d", status)
	}
	p.as(account) // with the key that it had
	for path, want := range map[string]string{
		regionPath + "/instances/mill-3714d85": "reconciling", regionPath + "/instances/press-3714d85": "error",
	} {
		if _, body := admin.get(path); body["status"] != want {
			t.Errorf("%s: %v, want %s", path, body, want)
		}
	}
	for n, want := range []int{404, 404, 404, 404} { // an instance that failed gives none after the refusals either
		if status, _ := admin.get(regionPath + "/instances/press-3714d85/token"); status != want {
			t.Errorf("request %d: status %d", n, status)
		}
	}
	if status, _ := admin.get(regionPath + "/instances/" + sandbox.ReconcilingID); status != 404 {
		t.Errorf("a removed instance: status %d", status)
	}
	if got := p.s.Settings().ReconcileTime; got != sandbox.Duration(time.Minute) {
		t.Errorf("settings: %v", got)
	}
	again := must("POST", "/sandbox/projects", `{"name":"harbour"}`, 200)["projectId"]
	if again == project {
		t.Error("an ID was given twice")
	}
}

// kid is the key ID in a JWT's header.
func kid(t *testing.T, header string) string {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil {
		t.Fatal(err)
	}
	var h struct{ Kid string }
	if err := json.Unmarshal(data, &h); err != nil {
		t.Fatal(err)
	}
	return h.Kid
}

// TestStateTogether: requests at once lose nothing of each other.
func TestStateTogether(t *testing.T) {
	dir := t.TempDir()
	c := start(t, kept(dir))
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			body := fmt.Sprintf(`{"displayName":"m%03d"}`, i)
			if status, answer := c.json(http.MethodPost, "/sandbox/instances", body); status != 200 {
				t.Errorf("status %d: %v", status, answer)
			}
		})
	}
	all.Wait()
	c.restart(dir)
	for i := range 40 {
		if _, ok := c.s.InstanceState(fmt.Sprintf("m%03d-3714d85", i)); !ok {
			t.Errorf("instance %d is lost", i)
		}
	}
}

// TestStateCannotBeSaved: nothing is said to be done that would be lost.
func TestStateCannotBeSaved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c := start(t, kept(dir))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	add := func(name string) (int, map[string]any) {
		return c.json(http.MethodPost, "/sandbox/instances", `{"displayName":"`+name+`"}`)
	}
	if status, body := add("press"); status != 507 || !strings.Contains(fmt.Sprint(body), "keep the sandbox's state") {
		t.Errorf("status %d: %v", status, body)
	}
	if status, _ := c.json(http.MethodGet, "/sandbox/instances", ""); status != 507 {
		t.Errorf("what is not kept yet is shown: status %d", status)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if status, _ := add("lathe"); status != 200 {
		t.Errorf("when there is space again: status %d", status)
	}
	c.restart(dir)
	for _, id := range []string{"press-3714d85", "lathe-3714d85"} {
		if _, ok := c.s.InstanceState(id); !ok {
			t.Errorf("%s is lost", id)
		}
	}
}

// TestStateRefused: a folder that is damaged, or of another edge-sandbox, is left as it is, and the error says so.
func TestStateRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, sandbox.StateFile)
	c := start(t, kept(dir))
	if err := c.s.Save(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	url := c.s.URL()
	for name, test := range map[string]struct{ text, url, says, next string }{
		"cut off":       {string(good[:len(good)/2]), url, "it is damaged", "move its folder away"},
		"empty":         {"", url, "it is damaged", "move its folder away"},
		"not an object": {"[]", url, "it is damaged", "move its folder away"},
		"no CA": {strings.Replace(string(good), `"ca"`, `"cb"`, 1), url, "it lacks the address",
			"move its folder"},
		"broken CA": {strings.Replace(string(good), "BEGIN CERTIFICATE", "BEGIN", 1), url, "certificate authority",
			"move its folder away"},
		"broken key": {strings.Replace(string(good), "BEGIN PRIVATE KEY", "BEGIN", 1), url, "it is not PEM",
			"move its folder away"},
		"newer": {strings.Replace(string(good), `"version": 1`, `"version": 2`, 1), url, "it has version 2",
			"use the edge-sandbox that wrote it"},
		"no version": {"{}", url, "it has version 0", "use the edge-sandbox that wrote it"},
		"another address": {string(good), "https://localhost:1", "this one is at https://localhost:1",
			"the same --listen"},
	} {
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := sandbox.New(sandbox.Options{URL: test.url, Dir: dir})
		if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), path) ||
			!strings.Contains(hint.Of(err), test.next) {
			t.Errorf("%s: %v (hint: %s)", name, err, hint.Of(err))
		}
		if left, _ := os.ReadFile(path); string(left) != test.text {
			t.Errorf("%s: the file was changed", name)
		}
	}
	if _, err := sandbox.ReadState(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
}

// TestForgets: what has ended is forgotten, so that a sandbox keeps its size.
func TestForgets(t *testing.T) {
	dir := t.TempDir()
	p := startPerson(t, kept(dir), func(o *sandbox.Options) { o.Settings.OpaqueInstanceTokens = true })
	for range 3 {
		p.tokens()
		admin := p.as(sandbox.AdminServiceAccount)
		admin.get(instancePath + "/token")
	}
	size := func() (n int) {
		t.Helper()
		state, err := sandbox.ReadState(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(state.Grants) + len(state.Sessions) + len(state.Refresh) + len(state.Opaque)
	}
	if got := size(); got < 12 {
		t.Errorf("%d tokens and logins are kept", got)
	}
	p.s.Advance(13 * time.Hour)
	if status, _ := p.json(http.MethodPatch, "/sandbox/settings", `{}`); status != 200 {
		t.Fatalf("status %d", status)
	}
	if got := size(); got != 0 {
		t.Errorf("%d tokens and logins are kept that have ended", got)
	}
}
