package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
)

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

// adminClock moves the clock.
type adminClock struct {
	Advance Duration `json:"advance"` // back if negative
}

func (s *Sandbox) adminClock(r *http.Request) (any, error) {
	var b adminClock
	if err := readBody(r, &b); err != nil {
		return nil, err
	}
	s.Advance(time.Duration(b.Advance))
	return map[string]any{"now": s.Now().UTC().Format(time.RFC3339)}, nil
}

// adminKeys gives an instance, or without one the identity provider, a new signing key.
type adminKeys struct {
	Instance string `json:"instance"`
	KeepOld  bool   `json:"keepOld"`
}

func (s *Sandbox) adminRotate(r *http.Request) (any, error) {
	var b adminKeys
	if err := readBody(r, &b); err != nil {
		return nil, err
	}
	issuer := s.IdentityProvider()
	if b.Instance != "" {
		if !s.hasInstance(b.Instance) {
			return nil, fmt.Errorf("rotate keys of instance %q: not found", b.Instance)
		}
		issuer = s.Issuer(b.Instance)
	}
	return nil, s.RotateSigningKey(issuer, b.KeepOld)
}

// adminService sets the state of a service in a project, by default of Edge Cloud in the first project's region.
type adminService struct {
	Project string `json:"projectId"`
	Region  string `json:"region"`
	Service string `json:"serviceId"`
	State   string `json:"state"`
}

func (s *Sandbox) adminService(r *http.Request) (any, error) {
	b := adminService{ProjectID, Region, EdgeService, ServiceEnabled}
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

// adminProvider is an issuer of workload tokens that a service account is to trust.
type adminProvider struct {
	Issuer string            `json:"issuer"`
	Claims map[string]string `json:"claims"`
	JWKS   json.RawMessage   `json:"jwks"`
}

func (s *Sandbox) adminTrust(r *http.Request) (any, error) {
	var b adminProvider
	if err := readBody(r, &b); err != nil {
		return nil, err
	}
	return nil, s.Trust(r.PathValue("email"), FederatedProvider{Issuer: b.Issuer, Claims: b.Claims, JWKS: b.JWKS})
}
