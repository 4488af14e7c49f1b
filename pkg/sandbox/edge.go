package sandbox

import (
	"fmt"
	"time"
)

// Status values of an instance.
const (
	StatusError       = "error"
	StatusReconciling = "reconciling"
	StatusActive      = "active"
	StatusDeleting    = "deleting"
)

// Instance is an Edge Cloud instance. The exported JSON members are those of the API.
type Instance struct {
	ID          string    `json:"id"` // hostname of at most 16 characters
	DisplayName string    `json:"displayName"`
	PlanID      string    `json:"planId"`
	FrontendURL string    `json:"frontendUrl"` // derived from ID and Region if empty
	Status      string    `json:"status"`      // StatusActive if empty
	Created     time.Time `json:"created"`     // now if zero
	Description string    `json:"description,omitempty"`

	ProjectID string `json:"-"` // ProjectID if empty
	Region    string `json:"-"` // Region if empty

	// Server is the URL of the API server, ServerCA the PEM certificate of its authority (the sandbox's if empty). Both
	// go into kubeconfigs.
	Server   string `json:"-"`
	ServerCA []byte `json:"-"`
	// NotReady answers 404 to requests for credentials, as a reconciling instance does.
	NotReady bool `json:"-"`
	// ReadyAt, if not zero, is when a reconciling instance turns active, by the sandbox's clock. ReadyAfterPolls does the
	// same after that many reads of it, so that tests need not wait.
	ReadyAt         time.Time `json:"-"`
	ReadyAfterPolls int       `json:"-"`
	// GoneAt, if not zero, is when a deleting instance is gone.
	GoneAt time.Time `json:"-"`
}

// Plan is an Edge Cloud plan.
type Plan struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Description  string `json:"description"`
	MinEdgeHosts int32  `json:"minEdgeHosts"`
	MaxEdgeHosts int32  `json:"maxEdgeHosts"`
}

// AddInstance adds an instance, or replaces the one with its ID. Empty fields get defaults.
func (s *Sandbox) AddInstance(i Instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addInstance(i)
}

func (s *Sandbox) addInstance(i Instance) {
	setDefault(&i.ProjectID, ProjectID)
	setDefault(&i.Region, Region)
	setDefault(&i.PlanID, PlanID)
	setDefault(&i.Status, StatusActive)
	setDefault(&i.FrontendURL, fmt.Sprintf("https://app.%s.edge.%s.onstackit.cloud", i.ID, i.Region))
	setDefault(&i.Server, fmt.Sprintf("https://%s.edge.%s.onstackit.cloud", i.ID, i.Region))
	if len(i.ServerCA) == 0 {
		i.ServerCA = s.authority.pem
	}
	if i.Created.IsZero() {
		i.Created = s.now().UTC().Truncate(time.Second)
	}
	if s.instances[i.ID] == nil {
		s.order = append(s.order, i.ID)
	}
	s.instances[i.ID] = &i
}

// SetInstance changes an instance, and reports whether there is one with that ID.
func (s *Sandbox) SetInstance(id string, change func(*Instance)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.instances[id]
	if i != nil {
		change(i)
	}
	return i != nil
}

func setDefault(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

func (s *Sandbox) routeEdge() {}
