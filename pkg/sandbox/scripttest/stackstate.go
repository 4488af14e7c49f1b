package scripttest

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/fault"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/stackstate"
)

func stackStateCommands() map[string]command {
	return map[string]command{
		"tokens": {stackState, "N", "checks how many service tokens there are on the server", 1, 1, tokens},
		"form": {stackState, "[NAME]", "has the server answer in another form, and without a name in its own again",
			0, 1, form},
		"seed": {stackState, "NAME ENDS-AFTER",
			"makes a service token of an administrator that ends so much after the server's " +
				"now, and stores its text in TOKEN", 2, 2, seed},
	}
}

// adminToken is the API token of a user who may do everything, guestToken of one who may look.
const (
	adminToken = "apitok-of-the-administrator"
	guestToken = "apitok-of-a-guest"
)

// StackState is a StackState of one script.
type StackState struct {
	Faults *fault.Handler

	requests *Requests
	server   *stackstate.Server
	mu       sync.Mutex
	offset   time.Duration // of the server's clock
	form     answerForm
}

// NewStackState makes a StackState with an administrator and a guest.
func NewStackState(o stackstate.Options, requests *Requests) (*StackState, error) {
	s := &StackState{requests: requests}
	o.Now = s.now
	o.APITokens = map[string]stackstate.User{
		adminToken: {Name: "admin", Roles: []string{stackstate.RoleAdmin}},
		guestToken: {Name: "guest", Roles: []string{stackstate.RoleGuest}},
	}
	o.Agents = agents()
	var err error
	if s.server, err = stackstate.New(o); err != nil {
		return nil, err
	}
	s.Faults = fault.New(s.server).AddPresets("/", stackstate.Presets())
	return s, nil
}

func agents() []stackstate.Agent {
	day := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC).UnixMilli()
	next := day + (24 * time.Hour).Milliseconds()
	data := &stackstate.AgentData{Platform: "linux", CoreCount: 8, MemoryBytes: 32 << 30, KernelVersion: "6.12.0"}
	return []stackstate.Agent{
		{ID: "node-2", Lease: "Stale", RegisteredEpochMS: day, LeaseUntilEpochMS: day, NodeBudgetCount: 1},
		{ID: "node-1", Lease: "Active", RegisteredEpochMS: day, LeaseUntilEpochMS: next, NodeBudgetCount: 2,
			Data: data},
	}
}

func (s *StackState) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.offset)
}

func (s *StackState) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset += d
}

// ServeHTTP answers, or fails.
func (s *StackState) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.Record(r)
	s.mu.Lock()
	form := s.form
	s.mu.Unlock()
	if form == nil {
		s.Faults.ServeHTTP(w, r)
		return
	}
	rec := httptest.NewRecorder()
	s.Faults.ServeHTTP(rec, r)
	form(w, r, rec)
}

func (s *StackState) setForm(form answerForm) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.form = form
}

// SetUpStackState makes the folders of a person who has configured nothing, and starts the server: at URL, at TLS_URL
// with a certificate that ca.pem vouches for, and behind a proxy at PROXY.
func (w *World) SetUpStackState(e *testscript.Env) error {
	if err := w.SetUpPerson(e); err != nil {
		return err
	}
	e.Setenv("TZ", "Europe/Berlin")
	e.Setenv("ODD", "a\x1b[2Jb\u009bc\u202ed\x7fe") // what controls a terminal
	plain := httptest.NewServer(w.StackState)
	e.Defer(plain.Close)
	secure := httptest.NewUnstartedServer(w.StackState)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that do not trust it are part of the tests
	secure.EnableHTTP2 = true
	secure.StartTLS()
	e.Defer(secure.Close)
	proxy := httptest.NewServer(forwarder{w.StackState})
	e.Defer(proxy.Close)
	for name, value := range map[string]string{
		"URL": plain.URL, "PLAIN_HOST": strings.TrimPrefix(plain.URL, "http://"),
		"TLS_URL": secure.URL, "TLS_HOST": strings.TrimPrefix(secure.URL, "https://"),
		"PROXY": proxy.URL, "ADMIN_TOKEN": adminToken, "GUEST_TOKEN": guestToken,
	} {
		e.Setenv(name, value)
	}
	for name, content := range map[string][]byte{
		"admin-token": []byte(adminToken + "\n"),
		"guest-token": []byte(guestToken + "\n"),
		"ca.pem":      pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}),
	} {
		if err := os.WriteFile(filepath.Join(e.WorkDir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// forwarder is an HTTP proxy behind which every host is the server.
type forwarder struct{ server http.Handler }

func (f forwarder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Hostname(), ".example") {
		http.Error(w, "not for this proxy: "+r.URL.Host, http.StatusBadGateway)
		return
	}
	r.Header.Set("Via", "1.1 proxy")
	f.server.ServeHTTP(w, r)
}

// asAdmin asks the server itself, past faults and counting.
func (s *StackState) asAdmin(method, path, body string) ([]byte, error) {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Header.Set("X-API-Token", adminToken)
	rec := httptest.NewRecorder()
	s.server.ServeHTTP(rec, req)
	if rec.Code >= 300 {
		return nil, fmt.Errorf("%s %s: %d %s", method, path, rec.Code, rec.Body)
	}
	return rec.Body.Bytes(), nil
}

func tokens(_ *testscript.TestScript, w *World, args []string) error {
	body, err := w.StackState.asAdmin("GET", "/api/security/tokens", "")
	if err != nil {
		return err
	}
	var list []json.RawMessage
	if err := json.Unmarshal(body, &list); err != nil {
		return err
	}
	if strconv.Itoa(len(list)) != args[0] {
		return fmt.Errorf("%d tokens, want %s: %s", len(list), args[0], body)
	}
	return nil
}

func seed(ts *testscript.TestScript, w *World, args []string) error {
	d, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	body, err := w.StackState.asAdmin("POST", "/api/security/tokens", fmt.Sprintf(
		`{"name":%q,"roles":["stackstate-admin"],"expiryDate":%d}`, args[0], w.StackState.now().Add(d).UnixMilli()))
	if err != nil {
		return err
	}
	var created struct{ Token string }
	if err := json.Unmarshal(body, &created); err != nil {
		return err
	}
	ts.Setenv("TOKEN", created.Token)
	return nil
}
