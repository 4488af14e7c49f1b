// Package sandbox is a STACKIT on this machine: identity provider, service accounts, resource manager, Edge Cloud API
// and the token issuers of Edge instances, as one in-memory http.Handler below one base URL. It checks what the real
// services check (signatures, audiences, expiry, roles), counts what it mints, and fails on request in the ways
// gateways fail.
//
// Nothing here is STACKIT's code or data: it follows the public specifications and what public clients expect.
package sandbox

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/fault"
)

// Options configure a Sandbox.
type Options struct {
	// URL is the base URL under which the sandbox is reached, such as https://localhost:8443. Issuers, audiences and
	// endpoints derive from it. Required, https, without path.
	URL string
	// Now is the clock; time.Now if nil. Settings.ClockOffset is added to it.
	Now func() time.Time
	// Settings are the initial settings; zero fields have the defaults of DefaultSettings.
	Settings Settings
	// Plans is how many plans there are, at most three; one, as in STACKIT's beta, if 0.
	Plans int
	// Hosts are further names and addresses by which the sandbox is reached: its certificate has them.
	Hosts []string
	// NotEnabled are IDs of projects in which Edge Cloud was never enabled.
	NotEnabled []string
	// Seed makes the IDs of what is added repeatable: two sandboxes of the same seed give the same. Random if "".
	Seed string
	// Dir keeps what the sandbox holds over restarts, but for counters, faults and logins that are under way. In memory
	// only if "". It must be this sandbox's alone.
	Dir string
	// OnRequest, if set, is called with each request before it is answered, so that tests can wait for one.
	OnRequest func(*http.Request)
}

// Sandbox is a local STACKIT. Its methods are safe for concurrent use.
type Sandbox struct {
	base      string
	clock     func() time.Time
	onRequest func(*http.Request)
	hosts     []string

	mux       *http.ServeMux
	faults    *fault.Handler // before route
	authority *authority
	serving   tls.Certificate

	store *store // nil if nothing is kept

	mu         sync.Mutex              // guards everything below
	changed    bool                    // since the store has saved
	hosting    *Hosting                // nil if instances have no Kubernetes APIs
	clusters   map[string]EdgeClusters // by the ID of the instance whose API server has their objects
	pruned     time.Time
	seed       string
	notEnabled []string // IDs of projects in which nobody has enabled Edge Cloud
	settings   Settings
	keys       map[string]*keySet // by issuer URL
	accounts   map[string]*account
	assertion  map[string]time.Time // IDs of assertions seen, until they expire
	provider
	projects  []Project
	plans     []plan
	instances map[string]*Instance    // by ID
	order     []string                // IDs of instances, oldest first
	services  map[service]*enablement // what was changed since New
	opaque    map[string]opaqueToken  // by token
	stats     Stats
}

// New makes a sandbox with its own CA and signing keys, two people, three service accounts, and a few projects, plans
// and instances (see the constants).
func New(o Options) (*Sandbox, error) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return nil, fmt.Errorf("sandbox URL: %w", err)
	}
	if u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" {
		return nil, fmt.Errorf("sandbox URL %q: want https://HOST:PORT", o.URL)
	}
	s := &Sandbox{
		base:       o.URL,
		clock:      o.Now,
		seed:       cmp.Or(o.Seed, newSeed()),
		onRequest:  o.OnRequest,
		hosts:      o.Hosts,
		notEnabled: o.NotEnabled,
		mux:        http.NewServeMux(),
		settings:   o.Settings.withDefaults(),
		keys:       map[string]*keySet{},
		accounts:   map[string]*account{},
		assertion:  map[string]time.Time{},
		provider:   newProvider(),
		instances:  map[string]*Instance{},
		services:   map[service]*enablement{},
		opaque:     map[string]opaqueToken{},
		clusters:   map[string]EdgeClusters{},
		stats:      newStats(),
	}
	s.faults = fault.New(http.HandlerFunc(s.route))
	if s.clock == nil {
		s.clock = time.Now
	}
	s.plans = plans()[:min(max(1, o.Plans), len(plans()))]
	if err := s.begin(o.Dir); err != nil {
		return nil, err
	}
	if err := s.issueServing(o.Hosts...); err != nil {
		return nil, err
	}
	s.routeIdentity()
	s.routeServiceAccounts()
	s.routeProjects()
	s.routeEnablement()
	s.routeEdge()
	s.routeUI()
	s.routeAdmin()
	return s, nil
}

// URL returns the base URL.
func (s *Sandbox) URL() string { return s.base }

// EdgeURL returns the base of the Edge Cloud API.
func (s *Sandbox) EdgeURL() string { return s.base + "/edge" }

// ResourceManagerURL returns the base of the resource manager's API.
func (s *Sandbox) ResourceManagerURL() string { return s.base + "/resource-manager" }

// ServiceAccountTokenURL returns the token endpoint of service account keys. Its audience is not the identity
// provider's.
func (s *Sandbox) ServiceAccountTokenURL() string { return s.base + "/service-account/token" }

// IdentityProvider returns the issuer URL of the identity provider.
func (s *Sandbox) IdentityProvider() string { return s.base }

// Issuer returns the issuer URL of an instance's tokens. Discovery document and keys are served below it.
func (s *Sandbox) Issuer(instanceID string) string { return s.base + "/instances/" + instanceID }

// CA returns the PEM certificate of the sandbox's certificate authority.
func (s *Sandbox) CA() []byte { return s.authority.pem }

// ServeHTTP implements http.Handler. Faults come before everything but the endpoints below /sandbox/.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if why := s.misdirected(r); why != "" {
		writeJSON(w, http.StatusMisdirectedRequest, pathError(r, s.Now(), http.StatusMisdirectedRequest, why))
		return
	}
	// Read at once: calls hold the lock, and the server notices that a client went away only once it has the whole
	// body.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<20))
	if err != nil {
		http.Error(w, "request body: "+err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if s.onRequest != nil {
		s.onRequest(r)
	}
	if s.store == nil {
		s.serve(w, r)
		return
	}
	d := &durable{ResponseWriter: w, request: r, sandbox: s}
	defer func() { _ = d.save() }() // whatever became of the answer, and what changed while it was sent
	s.serve(d, r)
	d.end()
}

func (s *Sandbox) serve(w http.ResponseWriter, r *http.Request) {
	if isAdmin(r) {
		s.route(w, r)
		return
	}
	s.countRequest(r)
	gateway(s.faults).ServeHTTP(w, r)
}

// Now returns the sandbox's time, by which it signs and checks.
func (s *Sandbox) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

// now is Now for callers that hold the lock.
func (s *Sandbox) now() time.Time { return s.clock().Add(time.Duration(s.settings.ClockOffset)) }

// Advance moves the sandbox's clock forward, or back.
func (s *Sandbox) Advance(d time.Duration) {
	s.Configure(func(c *Settings) { c.ClockOffset += Duration(d) })
}
