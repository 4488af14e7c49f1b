package sandbox

import "time"

// Project is one of the resource manager's.
type Project struct {
	ProjectID      string            `json:"projectId"`
	ContainerID    string            `json:"containerId"`
	Name           string            `json:"name"`
	LifecycleState string            `json:"lifecycleState"`
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

// AddProject adds a project.
func (s *Sandbox) AddProject(p Project) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.projects = append(s.projects, p)
}

func (s *Sandbox) routeProjects() {}
