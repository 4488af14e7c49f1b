package stackstate

import (
	"fmt"
	"html"
	"net/http"
	"slices"
)

// subject is a role that somebody made: what `sts rbac create-subject` and `sts rbac grant` write.
type subject struct {
	Query       string              `json:"query"`
	Permissions map[string][]string `json:"permissions,omitempty"` // by resource name
}

// static is the source of all subjects here: neither Kubernetes' RBAC nor StackState's own file of them is asked.
const static = "Static"

type subjectConfig struct {
	Handle string `json:"handle"`
	Source string `json:"source"`
}

func (s *Server) listSubjects(w http.ResponseWriter, r *http.Request, u User) error {
	if err := s.require(u, getPermissions); err != nil {
		return err
	}
	list := []subjectConfig{}
	if from := source(r.URL.Query().Get("source")); from == "" || from == static {
		for _, handle := range append(builtInRoles(), s.store.subjects()...) {
			list = append(list, subjectConfig{handle, static})
		}
	}
	return writeJSON(w, list)
}

func (s *Server) getSubject(w http.ResponseWriter, r *http.Request, u User) error {
	if err := s.require(u, getPermissions); err != nil {
		return err
	}
	handle := r.PathValue("subject")
	if _, found := s.grantsOf(handle); !found {
		return notFound("no subject %q", handle)
	}
	return writeJSON(w, subjectConfig{handle, static})
}

func (s *Server) putSubject(w http.ResponseWriter, r *http.Request, u User) error {
	if err := s.require(u, updatePermissions); err != nil {
		return err
	}
	var body struct {
		Query   string `json:"query"`
		Version string `json:"version"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	handle := r.PathValue("subject")
	switch _, found := s.grantsOf(handle); {
	case slices.Contains(builtInRoles(), handle):
		return badRequest("the role %q is built in", handle)
	case body.Query != "" && body.Version == "":
		return badRequest("a query needs the version of its language")
	case found && r.URL.Query().Get("createOnly") == "true":
		return &apiError{http.StatusConflict, "ConflictError", "there is a subject " + handle + " already"}
	}
	return s.store.putSubject(handle, body.Query)
}

func (s *Server) deleteSubject(_ http.ResponseWriter, r *http.Request, u User) error {
	if err := s.require(u, updatePermissions); err != nil {
		return err
	}
	found, err := s.store.removeSubject(r.PathValue("subject"))
	if err == nil && !found {
		return notFound("no subject %q", r.PathValue("subject"))
	}
	return err
}

func (s *Server) listPermissions(w http.ResponseWriter, _ *http.Request, u User) error {
	if err := s.require(u, getPermissions); err != nil {
		return err
	}
	return writeJSON(w, map[string][]string{"permissions": sortedPermissions()})
}

func (s *Server) describePermissions(w http.ResponseWriter, r *http.Request, u User) error {
	if err := s.require(u, getPermissions); err != nil {
		return err
	}
	handle, query := r.PathValue("subject"), r.URL.Query()
	grants, found := s.grantsOf(handle)
	if from := source(query.Get("source")); !found || from != "" && from != static {
		return notFound("no subject %q", handle)
	}
	return writeJSON(w, map[string]any{
		"subjectHandle": handle,
		"fromSources":   []string{static},
		"permissions":   filtered(grants, query.Get("permission"), query.Get("resource")),
	})
}

func (s *Server) grantPermission(w http.ResponseWriter, r *http.Request, u User) error {
	if err := s.require(u, updatePermissions); err != nil {
		return err
	}
	var body struct {
		Permission   string `json:"permission"`
		ResourceName string `json:"resourceName"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	return s.changeGrant(r.PathValue("subject"), body.ResourceName, body.Permission, true)
}

func (s *Server) revokePermission(_ http.ResponseWriter, r *http.Request, u User) error {
	if err := s.require(u, updatePermissions); err != nil {
		return err
	}
	query := r.URL.Query()
	return s.changeGrant(r.PathValue("subject"), query.Get("resource"), query.Get("permission"), false)
}

func (s *Server) changeGrant(handle, resource, permission string, granted bool) error {
	if _, ok := permissions()[permission]; !ok {
		return badRequest("unknown permission %q", permission)
	}
	if resource == "" {
		return badRequest("no resource is named")
	}
	found, err := s.store.setGrant(handle, resource, permission, granted)
	if err == nil && !found {
		return badRequest("no subject %q that can be changed", handle)
	}
	return err
}

func (s *Server) authorizationFor(w http.ResponseWriter, r *http.Request, u User) error {
	permission := r.URL.Query().Get("permission")
	if _, ok := permissions()[permission]; !ok {
		return badRequest("unknown permission %q", permission)
	}
	if err := s.require(u, permission); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) availableRoles(w http.ResponseWriter, _ *http.Request, u User) error {
	roles := slices.Sorted(slices.Values(u.Roles))
	if roles == nil {
		roles = []string{}
	}
	return writeJSON(w, map[string][]string{"roles": roles})
}

func (s *Server) userProfile(w http.ResponseWriter, _ *http.Request, u User) error {
	return writeJSON(w, map[string]any{
		"name":                       u.Name,
		"systemNotificationsRead":    []string{},
		"hideUnavailableMonitors":    false,
		"hideUnavailableMetrics":     false,
		"hideUnavailableConnections": false,
	})
}

// userTokens lists the user's API tokens; here their text is nobody's to read.
func (s *Server) userTokens(w http.ResponseWriter, _ *http.Request, u User) error {
	if err := s.require(u, "get-api-tokens"); err != nil {
		return err
	}
	type apiToken struct {
		ID    int64  `json:"id"`
		Name  string `json:"name"`
		Token string `json:"token"`
	}
	list := []apiToken{}
	for _, owner := range s.apiTokens {
		if owner.Name == u.Name {
			list = append(list, apiToken{int64(len(list) + 1), u.Name, "(hidden)"})
		}
	}
	return writeJSON(w, list)
}

// Agent is a registration of an agent.
type Agent struct {
	ID                string     `json:"agentId"`
	Lease             string     `json:"lease"` // Active, Limited or Stale
	LeaseUntilEpochMS int64      `json:"leaseUntilEpochMs"`
	RegisteredEpochMS int64      `json:"registeredEpochMs"`
	Data              *AgentData `json:"agentData,omitempty"`
	NodeBudgetCount   int        `json:"nodeBudgetCount"`
}

// AgentData is the machine of an agent.
type AgentData struct {
	Platform      string `json:"platform"`
	CoreCount     int    `json:"coreCount"`
	MemoryBytes   int64  `json:"memoryBytes"`
	KernelVersion string `json:"kernelVersion"`
}

func (s *Server) listAgents(w http.ResponseWriter, _ *http.Request, u User) error {
	if err := s.require(u, getAgents); err != nil {
		return err
	}
	return writeJSON(w, map[string][]Agent{"agents": append([]Agent{}, s.agents...)})
}

// page stands for the UI, which the bare address shows: no part of the API, but it answers everybody with a credential.
func (s *Server) page(w http.ResponseWriter, _ *http.Request, u User) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err := fmt.Fprintf(w, "<!doctype html><title>StackState</title><p>Signed in as %s</p>\n",
		html.EscapeString(u.Name))
	return err
}
