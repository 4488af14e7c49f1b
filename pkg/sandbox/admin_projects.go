package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
)

// projectInfo is all that the control address says of a project.
type projectInfo struct {
	Project
	EdgeState string `json:"edgeState"` // of the service Edge Cloud in the region Region, "" if it was never enabled
	Instances int    `json:"instances"`
}

func (s *Sandbox) adminListProjects() []projectInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.passTime()
	out := []projectInfo{}
	for _, p := range s.projects {
		out = append(out, s.projectState(p))
	}
	return out
}

func (s *Sandbox) projectState(p Project) projectInfo {
	return projectInfo{
		Project: p, EdgeState: s.serviceState(service{p.ProjectID, Region, EdgeService}),
		Instances: len(s.instancesOf(p.ProjectID, "")),
	}
}

// adminProject is a project to be added. All but its name has defaults.
type adminProject struct {
	Name           string            `json:"name"`
	ProjectID      string            `json:"projectId"`
	ContainerID    string            `json:"containerId"`
	ParentID       string            `json:"parentId"` // of a folder that has projects, or of the organization
	LifecycleState string            `json:"lifecycleState"`
	Labels         map[string]string `json:"labels"`
	WithoutEdge    bool              `json:"withoutEdge"` // Edge Cloud was never enabled in it
}

func (s *Sandbox) adminAddProject(r *http.Request) (any, error) {
	b := adminProject{ParentID: ParentID, LifecycleState: lifecycleActive}
	if err := readBody(r, &b); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.newProject(b)
	if err != nil {
		return nil, fmt.Errorf("add project %q: %w", b.Name, err)
	}
	s.projects = append(s.projects, p)
	if b.WithoutEdge {
		s.notEnabled = append(s.notEnabled, p.ProjectID)
	}
	return s.projectState(p), nil
}

func (s *Sandbox) newProject(b adminProject) (Project, error) {
	now := s.now().UTC().Truncate(1e9)
	p := Project{
		ProjectID: b.ProjectID, ContainerID: b.ContainerID, Name: b.Name, LifecycleState: b.LifecycleState,
		Labels: b.Labels, CreationTime: now, UpdateTime: now,
	}
	switch parent, ok := s.parent(b.ParentID); {
	case b.Name == "":
		return p, fmt.Errorf("it needs a name")
	case !slices.Contains([]string{"CREATING", lifecycleActive, "DELETING", "INACTIVE"}, b.LifecycleState):
		return p, fmt.Errorf("lifecycle state %q: want CREATING, ACTIVE, DELETING or INACTIVE", b.LifecycleState)
	case !ok:
		return p, fmt.Errorf("no parent %q", b.ParentID)
	default:
		p.Parent = parent
	}
	if p.ProjectID == "" {
		p.ProjectID = s.newID(func(id string) bool { return s.project(id) == nil }, "project", b.Name)
	}
	if err := stackitid.ProjectID(p.ProjectID); err != nil {
		return p, err
	}
	p.ContainerID = cmp.Or(p.ContainerID, containerName(b.Name)+"-"+p.ProjectID[:7])
	for _, id := range []string{p.ProjectID, p.ContainerID} {
		if s.project(id) != nil {
			return p, fmt.Errorf("there is a project %s", id)
		}
	}
	return p, nil
}

// containerName makes of a project's name what container IDs begin with.
func containerName(name string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, strings.ToLower(name))
}

// parent finds a folder that has projects, or the organization. The caller holds the lock.
func (s *Sandbox) parent(id string) (Parent, bool) {
	if id == OrganizationID {
		return Parent{ID: OrganizationID, ContainerID: "edge-organization-4Hs8wTb", Type: "ORGANIZATION"}, true
	}
	for _, p := range s.projects {
		if p.Parent.ID == id || p.Parent.ContainerID == id {
			return p.Parent, true
		}
	}
	return Parent{}, false
}

// adminRemoveProject removes a project with its instances.
func (s *Sandbox) adminRemoveProject(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.project(r.PathValue("id"))
	if p == nil {
		return nil, fmt.Errorf("remove project %q: not found", r.PathValue("id"))
	}
	id := p.ProjectID
	for _, i := range s.instancesOf(id, "") {
		s.removeInstance(i.ID)
	}
	s.projects = slices.DeleteFunc(s.projects, func(p Project) bool { return p.ProjectID == id })
	return nil, nil
}
