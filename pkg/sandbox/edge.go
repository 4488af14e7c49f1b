package sandbox

import (
	"net/http"
	"regexp"

	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
)

// edgeCall is a request to the Edge API that has passed authentication and authorization.
type edgeCall struct {
	*http.Request
	account  *account
	project  string
	region   string
	instance *Instance // if the path names one
}

// permission is what a call needs of its caller in the project.
type permission int

const (
	signedIn  permission = iota // any valid token
	mayRead                     // edge.instances.list and get
	mayCreate                   // edge.instances.create, update, delete; also mints
)

func (r Role) allows(p permission) bool {
	switch p {
	case mayRead:
		return r == EdgeReader || r == EdgeAdmin
	case mayCreate:
		return r == EdgeAdmin
	}
	return true
}

var hostnamePattern = regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`)

func (s *Sandbox) routeEdge() {
	const (
		project = "/edge/v1beta1/projects/{project}"
		region  = project + "/regions/{region}"
	)
	s.mux.HandleFunc("GET /edge/v1beta1/listcompatiblekubernetesreleases", s.listReleases)
	s.mux.HandleFunc("GET "+project+"/plans", s.edge(signedIn, s.listPlans))
	s.mux.HandleFunc("GET "+region+"/instances", s.edge(mayRead, s.listInstances))
	s.mux.HandleFunc("POST "+region+"/instances", s.edge(mayCreate, s.createInstance))
	for _, one := range []string{region + "/instances/{id}", region + "/instancesbyname/{name}"} {
		s.mux.HandleFunc("GET "+one, s.edge(mayRead, s.getInstance))
		s.mux.HandleFunc("PUT "+one, s.edge(mayCreate, s.updateInstance))
		s.mux.HandleFunc("DELETE "+one, s.edge(mayCreate, s.deleteInstance))
		s.mux.HandleFunc("GET "+one+"/token", s.edge(mayCreate, s.mintToken))
		s.mux.HandleFunc("GET "+one+"/kubeconfig", s.edge(mayCreate, s.mintKubeconfig))
	}
	s.mux.HandleFunc("GET /instances/{id}/.well-known/openid-configuration", s.instanceDiscovery)
	s.mux.HandleFunc("GET /instances/{id}/keys", s.instanceKeys)
	s.mux.HandleFunc("POST /instances/{id}/token-review", s.reviewToken)
}

// edge wraps a call of the Edge API in what all have in common. The call runs under the lock and returns status and
// body.
func (s *Sandbox) edge(need permission, call func(edgeCall) (int, any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status, body := func() (int, any) {
			s.mu.Lock()
			defer s.mu.Unlock()
			c := edgeCall{Request: r, project: r.PathValue("project"), region: r.PathValue("region")}
			if status, body := s.admit(&c, need); status != 0 {
				return status, body
			}
			return call(c)
		}()
		writeJSON(w, status, body)
	}
}

// admit checks token, path and role, finds the instance, and returns the refusal or status 0.
func (s *Sandbox) admit(c *edgeCall, need permission) (int, any) {
	if c.account = s.authenticate(c.Request); c.account == nil {
		return http.StatusUnauthorized, codeError(http.StatusUnauthorized, "Authorization failed")
	}
	if stackitid.ProjectID(c.project) != nil {
		return badRequest("projectId is not a UUID")
	}
	if c.region != "" && stackitid.Region(c.region) != nil {
		return badRequest("regionId is malformed")
	}
	// Whether the caller may act in the project is asked first: one that is not the caller's, or not at all, is
	// forbidden.
	if s.project(c.project) == nil || !c.account.may(need, c.project) {
		return http.StatusForbidden, pathError(c.Request, s.now(), http.StatusForbidden, "Unauthorized")
	}
	if !s.edgeEnabled(c.project, c.region) { // the answer is a guess: what STACKIT says is not public
		return http.StatusForbidden, codeError(http.StatusForbidden,
			"service "+EdgeService+" is not enabled in the project")
	}
	id, name := c.PathValue("id"), c.PathValue("name")
	if id == "" && name == "" {
		return 0, nil
	}
	if len(id) > 16 || len(name) > 8 || !hostnamePattern.MatchString(id+name) {
		return badRequest("instance identifier is malformed")
	}
	for _, i := range s.instancesOf(c.project, c.region) {
		if i.ID == id || i.DisplayName == name {
			c.instance = i
			return 0, nil
		}
	}
	return notFound("instance not found")
}

func badRequest(message string) (int, any) {
	return http.StatusBadRequest, codeError(http.StatusBadRequest, message)
}

func notFound(message string) (int, any) {
	return http.StatusNotFound, codeError(http.StatusNotFound, message)
}

func conflict(message string) (int, any) {
	return http.StatusConflict, codeError(http.StatusConflict, message)
}

func (s *Sandbox) listPlans(edgeCall) (int, any) {
	return http.StatusOK, map[string]any{"validPlans": s.plans}
}

// listReleases needs no token: the specification says its authorization is disabled.
func (s *Sandbox) listReleases(w http.ResponseWriter, r *http.Request) {
	releases := map[string][]string{
		"v1.12": {"v1.32.0", "v1.33.0", "v1.34.0"},
		"v1.13": {"v1.33.0", "v1.34.0", "v1.35.0"},
	}
	version := regexp.MustCompile(`^v[0-9]+\.[0-9]+`).FindString(r.FormValue("talosVersion"))
	switch found := releases[version]; {
	case version == "":
		writeJSON(w, http.StatusBadRequest, codeError(http.StatusBadRequest, "talosVersion is missing or malformed"))
	case found == nil:
		writeJSON(w, http.StatusNotFound, codeError(http.StatusNotFound, "no release of that Talos version"))
	default:
		writeJSON(w, http.StatusOK, map[string]any{"k8s_releases": found})
	}
}
