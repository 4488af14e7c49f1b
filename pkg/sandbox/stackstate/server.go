// Package stackstate is a StackState (SUSE Observability) server for tests and for trying things out: authentication,
// roles and service tokens as the published OpenAPI files describe them, nothing of what StackState observes.
//
// It knows nothing of the client in pkg/stackstate, so that a misreading in one is not repeated in the other. Where the
// files say nothing, it chooses: 401 for a credential that is unknown, expired or deleted, 403 for a missing permission
// and 404 for the deletion of an unknown token, all with the generic error body; names may repeat; role names are not
// checked; expired tokens stay in the list.
package stackstate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Options configure a Server. The zero value is a server in memory that nobody can authenticate to.
type Options struct {
	// Version is what /server/info answers, as major.minor.patch; 5.1.0 when empty.
	Version string
	// PlatformVersion is optional in /server/info and left out when empty.
	PlatformVersion string
	// APITokens are the users' API tokens, and whose they are.
	APITokens map[string]User
	// TokenReview says who holds a Kubernetes token; without it such tokens are refused. It returns ErrTokenRefused
	// for a token that is not valid. Package tokenreview makes one that asks an API server.
	TokenReview func(ctx context.Context, token string) (User, error)
	// Agents are those that GET /agents lists.
	Agents []Agent
	// Dir keeps service tokens (hashed) and subjects over restarts; in memory only when empty.
	Dir string
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// defaultVersion is the version of a Server that was not given one.
const defaultVersion = "5.1.0"

// User is who a request comes from, and what that user may do: all that any of Roles grants, and Permissions.
type User struct {
	Name        string
	Roles       []string
	Permissions []string
}

// ErrTokenRefused is returned by a TokenReview for a token that is unknown, expired or deleted.
var ErrTokenRefused = errors.New("token refused")

// Server is a StackState server, an http.Handler for paths that begin with /api.
type Server struct {
	version     serverVersion
	platform    string
	apiTokens   map[string]User
	tokenReview func(ctx context.Context, token string) (User, error)
	agents      []Agent
	now         func() time.Time
	store       *store
	mux         *http.ServeMux
}

// New returns a server with these options. It fails if what Dir holds cannot be read.
func New(o Options) (*Server, error) {
	if o.Version == "" {
		o.Version = defaultVersion
	}
	version, err := parseVersion(o.Version)
	if err != nil {
		return nil, err
	}
	st, err := openStore(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{
		version:     version,
		platform:    o.PlatformVersion,
		apiTokens:   o.APITokens,
		tokenReview: o.TokenReview,
		agents:      o.Agents,
		now:         o.Now,
		store:       st,
		mux:         http.NewServeMux(),
	}
	if s.now == nil {
		s.now = time.Now
	}
	for pattern, handle := range map[string]handler{
		"GET /api/server/info":                       s.serverInfo,
		"GET /api/server/status":                     s.serverStatus,
		"GET /api/security/tokens":                   s.listServiceTokens,
		"POST /api/security/tokens":                  s.createServiceToken,
		"DELETE /api/security/tokens/{id}":           s.deleteServiceToken,
		"GET /api/security/subjects":                 s.listSubjects,
		"GET /api/security/subjects/{subject}":       s.getSubject,
		"PUT /api/security/subjects/{subject}":       s.putSubject,
		"DELETE /api/security/subjects/{subject}":    s.deleteSubject,
		"GET /api/security/permissions/{subject}":    s.describePermissions,
		"GET /api/security/permissions/list":         s.listPermissions,
		"POST /api/security/permissions/{subject}":   s.grantPermission,
		"DELETE /api/security/permissions/{subject}": s.revokePermission,
		"GET /api/user/authorization/for":            s.authorizationFor,
		"GET /api/user/session/availableRoles":       s.availableRoles,
		"GET /api/user/profile":                      s.userProfile,
		"GET /api/user/profile/tokens":               s.userTokens,
		"GET /api/agents":                            s.listAgents,
		"GET /{$}":                                   s.page,
		"/": func(w http.ResponseWriter, r *http.Request, _ User) error {
			return notFound("no such path %s", r.URL.Path)
		},
	} {
		s.mux.Handle(pattern, s.authenticated(handle))
	}
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// handler answers a request of an authenticated user.
type handler func(w http.ResponseWriter, r *http.Request, u User) error

type serverVersion struct {
	Major  int    `json:"major"`
	Minor  int    `json:"minor"`
	Patch  int    `json:"patch"`
	Diff   string `json:"diff"`
	Commit string `json:"commit"`
	IsDev  bool   `json:"isDev"`
}

func parseVersion(s string) (serverVersion, error) {
	var v serverVersion
	s, v.IsDev = strings.CutSuffix(s, "-dev")
	if n, err := fmt.Sscanf(s+"\n", "%d.%d.%d\n", &v.Major, &v.Minor, &v.Patch); err != nil || n != 3 {
		return v, fmt.Errorf("server version %q is not major.minor.patch", s)
	}
	return v, nil
}

type serverInfo struct {
	Version            serverVersion `json:"version"`
	DeploymentMode     string        `json:"deploymentMode"`
	PlatformVersion    string        `json:"platformVersion,omitempty"`
	ApplicationDomains []string      `json:"applicationDomains"`
}

func (s *Server) serverInfo(w http.ResponseWriter, _ *http.Request, _ User) error {
	return writeJSON(w, serverInfo{s.version, "SelfHosted", s.platform, []string{"Observability"}})
}

func (s *Server) serverStatus(w http.ResponseWriter, _ *http.Request, _ User) error {
	return writeJSON(w, map[string]string{"status": "OK"})
}

// writeJSON answers 200. The Content-Type has no charset: the real CLI prints the body of an error with exactly this
// one.
func writeJSON(w http.ResponseWriter, body any) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(body)
}

// maxBody bounds what is read of a request, in bytes.
const maxBody = 1 << 20

func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return badRequest("request body: %v", err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return badRequest("request body is not the JSON that is expected here: %v", err)
	}
	return nil
}
