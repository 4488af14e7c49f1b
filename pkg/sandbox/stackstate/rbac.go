package stackstate

import (
	"net/http"
	"slices"
)

// subject is a role that somebody made: what `sts rbac create-subject` and `sts rbac grant` write.
type subject struct {
	Query       string              `json:"query"`
	Permissions map[string][]string `json:"permissions,omitempty"` // by resource name
}

type subjectConfig struct {
	Handle     string `json:"handle"`
	ScopeQuery string `json:"scopeQuery,omitempty"`
}

func (s *Server) listSubjects(w http.ResponseWriter, _ *http.Request, u User) error {
	if err := s.require(u, getPermissions); err != nil {
		return err
	}
	list := []subjectConfig{}
	for _, role := range []string{RoleAdmin, RolePowerUser, RoleTroubleshooter, RoleGuest} {
		list = append(list, subjectConfig{Handle: role})
	}
	return writeJSON(w, append(list, s.store.subjects()...))
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
	return s.store.putSubject(r.PathValue("subject"), body.Query)
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

func (s *Server) describePermissions(w http.ResponseWriter, r *http.Request, u User) error {
	if err := s.require(u, getPermissions); err != nil {
		return err
	}
	handle := r.PathValue("subject")
	return writeJSON(w, map[string]any{"subjectHandle": handle, "permissions": s.store.grants(handle)})
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
	if _, ok := permissions()[body.Permission]; !ok {
		return badRequest("unknown permission %q", body.Permission)
	}
	found, err := s.store.grant(r.PathValue("subject"), body.ResourceName, body.Permission)
	if err == nil && !found {
		return badRequest("no subject %q", r.PathValue("subject"))
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
