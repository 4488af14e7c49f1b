package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Operation is something that can be done at the control address, the paths below /sandbox/: what tests in Go do with
// methods, scripts and commands do here. It needs no token, so only programs of this machine may come that far.
type Operation struct {
	Pattern string // "METHOD /sandbox/path", as http.ServeMux has it
	Body    any    // zero value of what the request's body is read into, or nil where there is none

	call  func(*http.Request) (any, error)
	write http.HandlerFunc // in place of call where the answer is not JSON of the sandbox's own
}

// Operations returns all operations of a control address, in the order of the page that lists them.
func Operations() []Operation { return (&Sandbox{}).operations() }

func (s *Sandbox) operations() []Operation {
	of := func(pattern string, body any, call func(*http.Request) (any, error)) Operation {
		return Operation{Pattern: pattern, Body: body, call: call}
	}
	return []Operation{
		of("GET /sandbox/{$}", nil, listOperations),
		{Pattern: "GET /sandbox/ca.pem", write: s.writeCA},
		of("GET /sandbox/stats", nil, func(*http.Request) (any, error) { return s.Stats(), nil }),
		of("DELETE /sandbox/stats", nil, done(s.ResetStats)),
		of("GET /sandbox/settings", nil, func(*http.Request) (any, error) { return s.Settings(), nil }),
		of("PATCH /sandbox/settings", Settings{}, s.adminSettings),
		of("POST /sandbox/clock", adminClock{}, s.adminClock),
		of("GET /sandbox/faults", nil, func(*http.Request) (any, error) { return s.Faults(), nil }),
		of("POST /sandbox/faults", Fault{}, s.adminInject),
		of("DELETE /sandbox/faults", nil, done(s.ClearFaults)),
		of("GET /sandbox/presets", nil, func(*http.Request) (any, error) { return s.faults.Presets(), nil }),
		of("GET /sandbox/instances", nil, func(*http.Request) (any, error) { return s.adminListInstances(), nil }),
		of("POST /sandbox/instances", adminNewInstance{}, s.adminAddInstance),
		of("PATCH /sandbox/instances/{id}", adminInstance{}, s.adminSetInstance),
		of("DELETE /sandbox/instances/{id}", nil, s.adminRemoveInstance),
		of("POST /sandbox/instances/{id}/token", adminToken{}, s.adminIssue),
		of("DELETE /sandbox/instances/{id}/tokens", nil, s.adminEndTokens),
		of("GET /sandbox/clusters", nil, func(*http.Request) (any, error) { return s.ListEdgeClusters(), nil }),
		of("POST /sandbox/clusters", adminNewCluster{}, s.adminAddCluster),
		of("PATCH /sandbox/clusters/{name}", EdgeClusterSettings{}, s.adminSetCluster),
		of("DELETE /sandbox/clusters/{name}", nil, s.ofCluster(removeCluster)),
		of("POST /sandbox/clusters/{name}/start", nil, s.ofCluster(startCluster)),
		of("POST /sandbox/clusters/{name}/recreate", nil, s.ofCluster(recreateCluster)),
		of("POST /sandbox/clusters/{name}/ca", adminCA{}, s.adminRotateCA),
		{Pattern: "GET /sandbox/clusters/{name}/audit", write: s.writeAudit},
		of("PUT /sandbox/clusters/{name}/secrets", adminSecrets{}, s.adminLetReadSecrets),
		of("POST /sandbox/keys", adminKeys{}, s.adminRotate),
		of("GET /sandbox/projects", nil, func(*http.Request) (any, error) { return s.adminListProjects(), nil }),
		of("POST /sandbox/projects", adminProject{}, s.adminAddProject),
		of("DELETE /sandbox/projects/{id}", nil, s.adminRemoveProject),
		of("PUT /sandbox/services", adminService{}, s.adminService),
		of("GET /sandbox/accounts", nil, func(*http.Request) (any, error) { return s.adminListAccounts(), nil }),
		of("POST /sandbox/accounts", adminNewAccount{}, s.adminAddAccount),
		of("PATCH /sandbox/accounts/{email}", adminAccount{}, s.adminAccount),
		of("DELETE /sandbox/accounts/{email}", nil, s.ofAccount(s.removeAccount)),
		of("DELETE /sandbox/accounts/{email}/sessions", nil, s.ofAccount(s.RevokeSessions)),
		of("DELETE /sandbox/accounts/{email}/refresh-tokens", nil, s.ofAccount(s.RevokeRefreshTokens)),
		of("DELETE /sandbox/accounts/{email}/access-tokens", nil, s.ofAccount(s.RefuseAccessTokens)),
		{Pattern: "GET /sandbox/service-accounts/{email}/key", write: s.writeKey},
		of("DELETE /sandbox/service-accounts/{email}/key", nil, s.ofAccount(s.RevokeServiceAccountKey)),
		of("POST /sandbox/service-accounts/{email}/federated-providers", adminProvider{}, s.adminTrust),
		of("DELETE /sandbox/service-accounts/{email}/federated-providers", nil, s.ofAccount(s.Distrust)),
		of("POST /sandbox/workload-tokens", map[string]any{}, s.adminWorkloadToken),
	}
}

// isAdmin reports whether a request is for the control address.
func isAdmin(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/sandbox/") }

func (s *Sandbox) routeAdmin() {
	for _, o := range s.operations() {
		if o.write != nil {
			s.mux.HandleFunc(o.Pattern, o.write)
			continue
		}
		s.mux.HandleFunc(o.Pattern, func(w http.ResponseWriter, r *http.Request) {
			out, err := o.call(r)
			switch {
			case err != nil:
				writeJSON(w, http.StatusBadRequest, codeError(http.StatusBadRequest, err.Error()))
			case out == nil:
				w.WriteHeader(http.StatusNoContent)
			default:
				writeJSON(w, http.StatusOK, out)
			}
		})
	}
}

func listOperations(*http.Request) (any, error) {
	var patterns []string
	for _, o := range Operations() {
		patterns = append(patterns, strings.TrimSuffix(o.Pattern, "{$}"))
	}
	return patterns, nil
}

// done is a call that cannot fail and says nothing.
func done(do func()) func(*http.Request) (any, error) {
	return func(*http.Request) (any, error) {
		do()
		return nil, nil
	}
}

// readBody decodes a body strictly: a misspelt member in a script is an error.
func readBody(r *http.Request, v any) error {
	dec := json.NewDecoder(io.LimitReader(r.Body, 32<<20))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	return nil
}

func (s *Sandbox) writeCA(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = w.Write(s.CA()) // the client went away
}

func (s *Sandbox) writeKey(w http.ResponseWriter, r *http.Request) {
	key, err := s.ServiceAccountKeyOf(r.PathValue("email"))
	if err != nil {
		writeJSON(w, http.StatusNotFound, codeError(http.StatusNotFound, err.Error()))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(key)
}
