package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
)

// EdgeService is the ID by which service enablement knows Edge Cloud.
const EdgeService = "cloud.stackit.edge-cloud"

// States of a service in a project. ServiceUnknown is a service that was never enabled, for which the API has no entry.
const (
	ServiceUnknown   = ""
	ServiceEnabled   = "ENABLED"
	ServiceEnabling  = "ENABLING"
	ServiceDisabled  = "DISABLED"
	ServiceDisabling = "DISABLING"
)

// service names a service of a project in a region.
type service struct{ project, region, id string }

// enablement is the state of a service, and the one that it changes to at a time of the sandbox's clock.
type enablement struct {
	state string
	next  string
	at    time.Time
}

// serviceStatus is what the API says of a service.
type serviceStatus struct {
	ServiceID  string `json:"serviceId"`
	State      string `json:"state"`
	Scope      string `json:"scope"`
	Enablement string `json:"enablement"`
	Lifecycle  string `json:"lifecycle"`
}

// ServiceEnablementURL returns the base of the service enablement's API.
func (s *Sandbox) ServiceEnablementURL() string { return s.base + "/service-enablement" }

// SetService sets the state of a service, EdgeService for one, in a project and region, and ends a change under way.
func (s *Sandbox) SetService(project, region, id, state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.services[service{project, region, id}] = &enablement{state: state}
}

// serviceState returns the state of a service after time has worked on it. The caller holds the lock.
func (s *Sandbox) serviceState(key service) string {
	e := s.services[key]
	if e == nil {
		if key.id == EdgeService && !slices.Contains(s.notEnabled, key.project) {
			return ServiceEnabled
		}
		return ServiceUnknown
	}
	if e.next != "" && !s.now().Before(e.at) {
		e.state, e.next = e.next, ""
	}
	return e.state
}

// edgeEnabled reports whether a project has Edge Cloud in a region, or with no region in any. The caller holds the
// lock.
func (s *Sandbox) edgeEnabled(project, region string) bool {
	for key := range s.services {
		if region == "" && key.project == project && key.id == EdgeService && s.serviceState(key) == ServiceEnabled {
			return true
		}
	}
	return s.serviceState(service{project, region, EdgeService}) == ServiceEnabled
}

func (s *Sandbox) routeEnablement() {
	const services = "/service-enablement/v2/projects/{project}/regions/{region}/services"
	s.mux.HandleFunc("GET "+services, s.enablement(mayRead, s.listServices))
	s.mux.HandleFunc("GET "+services+"/{service}", s.enablement(mayRead, s.getService))
	s.mux.HandleFunc("POST "+services+"/{service}", s.enablement(mayCreate, s.enableService))
	s.mux.HandleFunc("DELETE "+services+"/{service}", s.enablement(mayCreate, s.disableService))
}

// enablement wraps a call of the service enablement's API, which runs under the lock and returns status and body. A
// body that is a string is the message of an error.
func (s *Sandbox) enablement(need permission, call func(service) (int, any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		key := service{r.PathValue("project"), r.PathValue("region"), r.PathValue("service")}
		status, body := s.admitToServices(r, key, need)
		if status == 0 {
			status, body = call(key)
		}
		if message, ok := body.(string); ok {
			body = pathError(r, s.now(), status, message)
		}
		s.mu.Unlock()
		writeJSON(w, status, body)
	}
}

// admitToServices returns the refusal of a request, or status 0.
func (s *Sandbox) admitToServices(r *http.Request, key service, need permission) (int, any) {
	caller := s.authenticate(r)
	switch {
	case caller == nil:
		return http.StatusUnauthorized, "Unauthenticated token"
	case stackitid.Region(key.region) != nil:
		return http.StatusBadRequest, "region is malformed"
	case s.project(key.project) == nil:
		return http.StatusNotFound, "Project not found"
	case !caller.may(need, key.project):
		return http.StatusForbidden, "Unauthorized"
	}
	return 0, nil
}

func (s *Sandbox) statusOf(key service) serviceStatus {
	return serviceStatus{
		ServiceID: key.id, State: s.serviceState(key), Scope: "PUBLIC", Enablement: "REQUEST", Lifecycle: "PROJECT",
	}
}

func (s *Sandbox) listServices(of service) (int, any) {
	ids := map[string]bool{EdgeService: true}
	for key := range s.services {
		if key.project == of.project && key.region == of.region {
			ids[key.id] = true
		}
	}
	items := []serviceStatus{}
	for id := range ids {
		if status := s.statusOf(service{of.project, of.region, id}); status.State != ServiceUnknown {
			items = append(items, status)
		}
	}
	slices.SortFunc(items, func(a, b serviceStatus) int { return strings.Compare(a.ServiceID, b.ServiceID) })
	return http.StatusOK, map[string]any{"items": items}
}

func (s *Sandbox) getService(key service) (int, any) {
	if s.serviceState(key) == ServiceUnknown {
		return http.StatusNotFound, "Service not found"
	}
	return http.StatusOK, s.statusOf(key)
}

func (s *Sandbox) enableService(key service) (int, any) {
	return s.changeService(key, ServiceEnabled, ServiceEnabling)
}

// disableService takes the service away, but from a project that still has instances.
func (s *Sandbox) disableService(key service) (int, any) {
	if key.id == EdgeService && len(s.instancesOf(key.project, key.region)) > 0 {
		return http.StatusConflict, "The project has instances of the service"
	}
	if s.serviceState(key) == ServiceUnknown {
		return http.StatusNotFound, "Service not found"
	}
	return s.changeService(key, ServiceDisabled, ServiceDisabling)
}

// changeService starts a change, which takes Settings.EnablementTime. One that is done or under way is not an error.
func (s *Sandbox) changeService(key service, to, by string) (int, any) {
	if now := s.serviceState(key); now != to && now != by {
		s.services[key] = &enablement{state: by, next: to, at: s.now().Add(time.Duration(s.settings.EnablementTime))}
	}
	return http.StatusAccepted, nil
}
