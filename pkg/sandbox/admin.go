package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The endpoints below /sandbox/ are for scripts: what tests in Go do with methods. They need no token, so the sandbox
// must listen on loopback only.

func isAdmin(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/sandbox/") }

func (s *Sandbox) routeAdmin() {
	calls := map[string]func(*http.Request) (any, error){
		"GET /sandbox/stats": func(*http.Request) (any,
			error) {
			return s.Stats(), nil
		},
		"DELETE /sandbox/stats": func(*http.Request) (any,
			error) {
			s.ResetStats()
			return nil, nil
		},
		"GET /sandbox/faults": func(*http.Request) (any,
			error) {
			return s.Faults(), nil
		},
		"POST /sandbox/faults": s.adminInject,
		"DELETE /sandbox/faults": func(*http.Request) (any,
			error) {
			s.ClearFaults()
			return nil, nil
		},
		"GET /sandbox/presets": func(*http.Request) (any,
			error) {
			return s.faults.Presets(), nil
		},
		"GET /sandbox/settings": func(*http.Request) (any,
			error) {
			return s.Settings(), nil
		},
		"PATCH /sandbox/settings":                                      s.adminSettings,
		"POST /sandbox/clock":                                          s.adminClock,
		"POST /sandbox/keys":                                           s.adminRotate,
		"POST /sandbox/instances":                                      s.adminAddInstance,
		"PATCH /sandbox/instances/{id}":                                s.adminSetInstance,
		"DELETE /sandbox/instances/{id}/tokens":                        s.adminEndTokens,
		"POST /sandbox/instances/{id}/token":                           s.adminIssue,
		"PATCH /sandbox/accounts/{email}":                              s.adminAccount,
		"DELETE /sandbox/accounts/{email}/sessions":                    s.ofAccount(s.RevokeSessions),
		"DELETE /sandbox/accounts/{email}/refresh-tokens":              s.ofAccount(s.RevokeRefreshTokens),
		"DELETE /sandbox/accounts/{email}/access-tokens":               s.ofAccount(s.RefuseAccessTokens),
		"PUT /sandbox/services":                                        s.adminService,
		"POST /sandbox/workload-tokens":                                s.adminWorkloadToken,
		"POST /sandbox/service-accounts/{email}/federated-providers":   s.adminTrust,
		"DELETE /sandbox/service-accounts/{email}/federated-providers": s.adminDistrust,
		"DELETE /sandbox/service-accounts/{email}/key":                 s.adminRevokeKey,
	}
	endpoints := slices.Sorted(maps.Keys(calls))
	calls["GET /sandbox/{$}"] = func(*http.Request) (any, error) { return endpoints, nil }
	for pattern, call := range calls {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			out, err := call(r)
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
	s.mux.HandleFunc("GET /sandbox/ca.pem", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-pem-file")
		_, _ = w.Write(s.CA())
	})
	s.mux.HandleFunc("GET /sandbox/service-accounts/{email}/key", func(w http.ResponseWriter, r *http.Request) {
		key, err := s.ServiceAccountKeyOf(r.PathValue("email"))
		if err != nil {
			writeJSON(w, http.StatusNotFound, codeError(http.StatusNotFound, err.Error()))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(key)
	})
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

func (s *Sandbox) adminInject(r *http.Request) (any, error) {
	var f Fault
	if err := readBody(r, &f); err != nil {
		return nil, err
	}
	return nil, s.Inject(f)
}

// adminSettings changes the settings that the body has, and answers with all.
func (s *Sandbox) adminSettings(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := s.settings
	if err := readBody(r, &changed); err != nil {
		return nil, err
	}
	s.settings = changed
	return changed, nil
}

func (s *Sandbox) adminClock(r *http.Request) (any, error) {
	var b struct {
		Advance Duration `json:"advance"`
	}
	if err := readBody(r, &b); err != nil {
		return nil, err
	}
	s.Advance(time.Duration(b.Advance))
	return map[string]any{"now": s.Now().UTC().Format(time.RFC3339)}, nil
}

// adminRotate gives an instance, or without one the identity provider, a new signing key.
func (s *Sandbox) adminRotate(r *http.Request) (any, error) {
	var b struct {
		Instance string `json:"instance"`
		KeepOld  bool   `json:"keepOld"`
	}
	if err := readBody(r, &b); err != nil {
		return nil, err
	}
	issuer := s.IdentityProvider()
	if b.Instance != "" {
		issuer = s.Issuer(b.Instance)
	}
	return nil, s.RotateSigningKey(issuer, b.KeepOld)
}

// adminInstance has the members of an Instance that a script may set; absent ones stay as they are.
type adminInstance struct {
	ID                string       `json:"id"`
	DisplayName       string       `json:"displayName"`
	ProjectID         string       `json:"projectId"`
	Region            string       `json:"region"`
	Status            string       `json:"status"`
	Server            string       `json:"server"`
	ServerCA          string       `json:"serverCA"` // PEM
	Credentials       *Credentials `json:"credentials"`
	RefuseCredentials *int         `json:"refuseCredentials"`
	ReadyAfterPolls   *int         `json:"readyAfterPolls"`
	ReadyIn           *Duration    `json:"readyIn"`
}

func (b adminInstance) apply(i *Instance, now time.Time) {
	for _, f := range []struct {
		target *string
		value  string
	}{{&i.DisplayName, b.DisplayName}, {&i.ProjectID, b.ProjectID}, {&i.Region, b.Region}, {&i.Status, b.Status},
		{&i.Server, b.Server}} {
		if f.value != "" {
			*f.target = f.value
		}
	}
	if b.ServerCA != "" {
		i.ServerCA = []byte(b.ServerCA)
	}
	if b.Credentials != nil {
		i.Credentials = *b.Credentials
	}
	if b.RefuseCredentials != nil {
		i.RefuseCredentials = *b.RefuseCredentials
	}
	if b.ReadyAfterPolls != nil {
		i.ReadyAfterPolls = *b.ReadyAfterPolls
	}
	if b.ReadyIn != nil {
		i.ReadyAt = now.Add(time.Duration(*b.ReadyIn))
	}
}

// read decodes the body of a request that makes or changes an instance.
func (b *adminInstance) read(r *http.Request) error {
	if err := readBody(r, b); err != nil {
		return err
	}
	if known := []Credentials{CredentialsByStatus, CredentialsMinted, CredentialsRefused}; b.Credentials != nil &&
		!slices.Contains(known, *b.Credentials) {
		return fmt.Errorf("credentials %q: want one of %q", *b.Credentials, known)
	}
	return nil
}

func (s *Sandbox) adminAddInstance(r *http.Request) (any, error) {
	var b adminInstance
	if err := b.read(r); err != nil {
		return nil, err
	}
	if b.ID == "" || b.DisplayName == "" {
		return nil, fmt.Errorf("add instance: id and displayName are needed")
	}
	i := Instance{ID: b.ID}
	b.apply(&i, s.Now())
	s.AddInstance(i)
	return nil, nil
}

func (s *Sandbox) adminSetInstance(r *http.Request) (any, error) {
	var b adminInstance
	if err := b.read(r); err != nil {
		return nil, err
	}
	now := s.Now()
	if !s.SetInstance(r.PathValue("id"), func(i *Instance) { b.apply(i, now) }) {
		return nil, fmt.Errorf("change instance %q: not found", r.PathValue("id"))
	}
	return nil, nil
}

func (s *Sandbox) adminIssue(r *http.Request) (any, error) {
	var b struct {
		Lifetime Duration `json:"lifetime"`
	}
	if err := readBody(r, &b); err != nil {
		return nil, err
	}
	token, err := s.IssueInstanceToken(r.PathValue("id"), time.Duration(b.Lifetime))
	if err != nil {
		return nil, err
	}
	return map[string]string{"token": token}, nil
}

func (s *Sandbox) adminEndTokens(r *http.Request) (any, error) {
	s.EndInstanceTokens(r.PathValue("id"))
	return nil, nil
}

func (s *Sandbox) adminAccount(r *http.Request) (any, error) {
	var b struct {
		Role Role `json:"role"`
	}
	if err := readBody(r, &b); err != nil {
		return nil, err
	}
	s.SetRole(r.PathValue("email"), b.Role)
	return nil, nil
}

func (s *Sandbox) adminRevokeKey(r *http.Request) (any, error) {
	s.RevokeServiceAccountKey(r.PathValue("email"))
	return nil, nil
}

// ofAccount is a call that does something to the account that the path names.
func (s *Sandbox) ofAccount(do func(email string)) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		email := r.PathValue("email")
		s.mu.Lock()
		known := s.accounts[email] != nil
		s.mu.Unlock()
		if !known {
			return nil, fmt.Errorf("change account %q: not found", email)
		}
		do(email)
		return nil, nil
	}
}

// adminService sets the state of a service in a project, by default of Edge Cloud in the first project's region.
func (s *Sandbox) adminService(r *http.Request) (any, error) {
	b := struct {
		Project string `json:"projectId"`
		Region  string `json:"region"`
		Service string `json:"serviceId"`
		State   string `json:"state"`
	}{ProjectID, Region, EdgeService, ServiceEnabled}
	if err := readBody(r, &b); err != nil {
		return nil, err
	}
	known := []string{ServiceUnknown, ServiceEnabled, ServiceEnabling, ServiceDisabled, ServiceDisabling}
	if !slices.Contains(known, b.State) {
		return nil, fmt.Errorf("state %q: want one of %q", b.State, known)
	}
	s.SetService(b.Project, b.Region, b.Service, b.State)
	return nil, nil
}

// adminWorkloadToken takes the claims that differ.
func (s *Sandbox) adminWorkloadToken(r *http.Request) (any, error) {
	var claims map[string]any
	if err := readBody(r, &claims); err != nil {
		return nil, err
	}
	token, err := s.IssueWorkloadToken(claims)
	if err != nil {
		return nil, err
	}
	return map[string]string{"token": token}, nil
}

func (s *Sandbox) adminTrust(r *http.Request) (any, error) {
	var b struct {
		Issuer string            `json:"issuer"`
		Claims map[string]string `json:"claims"`
		JWKS   json.RawMessage   `json:"jwks"`
	}
	if err := readBody(r, &b); err != nil {
		return nil, err
	}
	return nil, s.Trust(r.PathValue("email"), FederatedProvider{Issuer: b.Issuer, Claims: b.Claims, JWKS: b.JWKS})
}

func (s *Sandbox) adminDistrust(r *http.Request) (any, error) {
	s.Distrust(r.PathValue("email"))
	return nil, nil
}
