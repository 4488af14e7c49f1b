package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Project is one of the resource manager's.
type Project struct {
	ProjectID      string            `json:"projectId"`
	ContainerID    string            `json:"containerId"`
	Name           string            `json:"name"`
	LifecycleState string            `json:"lifecycleState"` // CREATING, ACTIVE, DELETING or INACTIVE
	Parent         Parent            `json:"parent"`
	Labels         map[string]string `json:"labels,omitempty"`
	CreationTime   time.Time         `json:"creationTime"`
	UpdateTime     time.Time         `json:"updateTime"`
}

// Parent is the folder or organization of a project.
type Parent struct {
	ID          string `json:"id"`
	ContainerID string `json:"containerId"`
	Type        string `json:"type"` // ORGANIZATION or FOLDER
}

// lifecycleActive is the state of a project that is in use.
const lifecycleActive = "ACTIVE"

// AddProject adds a project.
func (s *Sandbox) AddProject(p Project) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.projects = append(s.projects, p)
}

// project finds a project by its UUID or container ID. The caller holds the lock.
func (s *Sandbox) project(id string) *Project {
	for i, p := range s.projects {
		if id != "" && (p.ProjectID == id || p.ContainerID == id) {
			return &s.projects[i]
		}
	}
	return nil
}

func (s *Sandbox) routeProjects() {
	s.mux.HandleFunc("GET /resource-manager/v2/projects", s.resourceManager(s.listProjects))
	s.mux.HandleFunc("GET /resource-manager/v2/projects/{id}", s.resourceManager(s.getProject))
}

// resourceManager wraps a call: it runs under the lock and returns a body, or a status and a message of its error.
func (s *Sandbox) resourceManager(call func(*http.Request, *account) (body any, status int,
	message string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status, body := func() (int, any) {
			s.mu.Lock()
			defer s.mu.Unlock()
			a := s.authenticate(r)
			if a == nil {
				return http.StatusUnauthorized, pathError(r, s.now(), http.StatusUnauthorized, "Unauthenticated token")
			}
			body, status, message := call(r, a)
			if body == nil {
				return status, pathError(r, s.now(), status, message)
			}
			return http.StatusOK, body
		}()
		writeJSON(w, status, body)
	}
}

const (
	defaultPage = 50
	maxPage     = 100
)

func (s *Sandbox) listProjects(r *http.Request, caller *account) (any, int, string) {
	q := r.URL.Query()
	parent, member := q.Get("containerParentId"), q.Get("member")
	var ids []string
	for _, v := range q["containerIds"] {
		ids = append(ids, strings.Split(v, ",")...)
	}
	if parent == "" && member == "" && len(ids) == 0 {
		return nil, http.StatusBadRequest, "one of containerParentId, containerIds and member is needed"
	}
	offset, err1 := number(q.Get("offset"), 0)
	limit, err2 := number(q.Get("limit"), defaultPage)
	if err1 != nil || err2 != nil || offset < 0 || limit < 1 {
		return nil, http.StatusBadRequest, "offset and limit must be positive numbers"
	}
	var since time.Time
	if v := q.Get("creation-time-start"); v != "" {
		var err error
		if since, err = time.Parse(time.RFC3339, v); err != nil {
			return nil, http.StatusBadRequest, "creation-time-start is no RFC 3339 time"
		}
	}
	if parent != "" && !s.isParent(parent) {
		return nil, http.StatusForbidden, "Unauthorized"
	}
	items := []Project{}
	for _, p := range s.projects {
		if caller.may(mayRead, p.ProjectID) &&
			(parent == "" || p.Parent.ID == parent || p.Parent.ContainerID == parent) &&
			(len(ids) == 0 || slices.Contains(ids, p.ProjectID) || slices.Contains(ids, p.ContainerID)) &&
			(member == "" || s.isMember(member)) && !p.CreationTime.Before(since) {
			items = append(items, p)
		}
	}
	limit = min(limit, maxPage)
	items = items[min(offset, len(items)):]
	items = items[:min(limit, len(items))]
	return map[string]any{"items": items, "offset": offset, "limit": limit}, 0, ""
}

func (s *Sandbox) getProject(r *http.Request, caller *account) (any, int, string) {
	p := s.project(r.PathValue("id"))
	switch {
	case p == nil:
		return nil, http.StatusNotFound, "Project not found"
	case !caller.may(mayRead, p.ProjectID):
		return nil, http.StatusForbidden, "Unauthorized"
	}
	return *p, 0, ""
}

func (s *Sandbox) isParent(id string) bool {
	return id == OrganizationID || slices.ContainsFunc(s.projects,
		func(p Project) bool { return p.Parent.ID == id || p.Parent.ContainerID == id })
}

func (s *Sandbox) isMember(email string) bool {
	a := s.accounts[email]
	return a != nil && a.role != NoRole
}

// number reads a query value; the resource manager's numbers may come as "50.0".
func number(v string, standard int) (int, error) {
	if v == "" {
		return standard, nil
	}
	f, err := strconv.ParseFloat(v, 64)
	return int(f), err
}
