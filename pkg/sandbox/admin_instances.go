package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
)

// InstanceState is all that the control address says of an instance.
type InstanceState struct {
	Instance
	ProjectID   string      `json:"projectId"`
	Region      string      `json:"region"`
	Server      string      `json:"server"` // URL of the Kubernetes API
	OwnServer   bool        `json:"ownServer"`
	Credentials Credentials `json:"credentials"`
	Refusals    int         `json:"refuseCredentials"`
	Polls       int         `json:"readyAfterPolls"`
	Issuer      string      `json:"issuer"`
	Failure     string      `json:"failure,omitempty"` // why it has no Kubernetes API
	Hosted      string      `json:"-"`                 // what Hosting.Open returned
}

// adminListInstances has those of all projects, oldest first.
func (s *Sandbox) adminListInstances() []InstanceState {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.passTime()
	out := []InstanceState{}
	for _, id := range s.order {
		out = append(out, s.stateOf(s.instances[id]))
	}
	return out
}

// InstanceState returns the state of one instance, and whether there is one with that ID.
func (s *Sandbox) InstanceState(id string) (InstanceState, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.passTime()
	if s.instances[id] == nil {
		return InstanceState{}, false
	}
	return s.stateOf(s.instances[id]), true
}

func (s *Sandbox) stateOf(i *Instance) InstanceState {
	return InstanceState{
		Instance: s.answer(i), ProjectID: i.ProjectID, Region: i.Region, Server: i.Server, OwnServer: i.OwnServer,
		Credentials: i.Credentials, Refusals: i.RefuseCredentials, Polls: i.ReadyAfterPolls, Issuer: s.Issuer(i.ID),
		Failure: i.failure, Hosted: i.hosted,
	}
}

// What a status may be called at the control address besides the API's own names for it.
const (
	statusCreating = "creating" // reconciling, and never active before
	statusFailed   = "failed"   // StatusError
)

// adminInstance has the members of an instance that can be set; absent ones stay as they are.
type adminInstance struct {
	Status            string       `json:"status"`
	Description       *string      `json:"description"`
	Server            string       `json:"server"`
	ServerCA          string       `json:"serverCA"` // PEM
	FrontendURL       string       `json:"frontendUrl"`
	Credentials       *Credentials `json:"credentials"`
	RefuseCredentials *int         `json:"refuseCredentials"`
	ReadyAfterPolls   *int         `json:"readyAfterPolls"`
	ReadyIn           *Duration    `json:"readyIn"`
	GoneIn            *Duration    `json:"goneIn"`
}

// adminNewInstance is an instance to be added. All but its name has defaults.
type adminNewInstance struct {
	DisplayName string `json:"displayName"`
	ID          string `json:"id"`
	ProjectID   string `json:"projectId"`
	Region      string `json:"region"`
	PlanID      string `json:"planId"`
	OwnServer   bool   `json:"ownServer"`
	adminInstance
}

func (b adminInstance) check() error {
	if known := []Credentials{CredentialsByStatus, CredentialsMinted, CredentialsRefused}; b.Credentials != nil &&
		!slices.Contains(known, *b.Credentials) {
		return fmt.Errorf("credentials %q: want one of %q", *b.Credentials, known)
	}
	return nil
}

func (b adminInstance) apply(i *Instance, now time.Time) {
	switch b.Status {
	case "":
	case statusCreating:
		i.Status, i.live = StatusReconciling, false
	case statusFailed:
		i.Status = StatusError
	default:
		i.live = i.live || i.Status == StatusActive
		i.Status = b.Status
	}
	if b.Server != "" {
		i.Server, i.named = b.Server, true
	}
	i.FrontendURL = cmp.Or(b.FrontendURL, i.FrontendURL)
	if b.ServerCA != "" {
		i.ServerCA = []byte(b.ServerCA)
	}
	set(&i.Description, b.Description)
	set(&i.Credentials, b.Credentials)
	set(&i.RefuseCredentials, b.RefuseCredentials)
	set(&i.ReadyAfterPolls, b.ReadyAfterPolls)
	if b.ReadyIn != nil {
		i.ReadyAt = now.Add(time.Duration(*b.ReadyIn))
	}
	if b.GoneIn != nil {
		i.GoneAt = now.Add(time.Duration(*b.GoneIn))
	}
}

// set assigns a value that was given.
func set[T any](target, value *T) {
	if value != nil {
		*target = *value
	}
}

func (s *Sandbox) adminAddInstance(r *http.Request) (any, error) {
	var b adminNewInstance
	if err := readBody(r, &b); err != nil {
		return nil, err
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := Instance{ID: b.ID, DisplayName: b.DisplayName, ProjectID: cmp.Or(b.ProjectID, ProjectID),
		Region: cmp.Or(b.Region, Region), PlanID: b.PlanID, OwnServer: b.OwnServer || s.settings.OwnServers}
	if err := s.checkNew(&i); err != nil {
		return nil, fmt.Errorf("add instance %q: %w", cmp.Or(b.DisplayName, b.ID), err)
	}
	b.apply(&i, s.now())
	return s.stateOf(s.addInstance(i)), nil
}

// checkNew completes the ID of a new instance, and looks whether its API would take it. The caller holds the lock.
func (s *Sandbox) checkNew(i *Instance) error {
	if err := stackitid.DisplayName(i.DisplayName); err != nil {
		return err
	}
	i.ID = cmp.Or(i.ID, i.DisplayName+"-"+projectHash(i.ProjectID))
	if err := stackitid.InstanceID(i.ID); err != nil {
		return err
	}
	if err := stackitid.Region(i.Region); err != nil {
		return err
	}
	if s.project(i.ProjectID) == nil {
		return fmt.Errorf("no project %q", i.ProjectID)
	}
	if s.instances[i.ID] != nil {
		return fmt.Errorf("there is an instance %s", i.ID)
	}
	for _, other := range s.instancesOf(i.ProjectID, "") {
		if other.DisplayName == i.DisplayName {
			return fmt.Errorf("the project has an instance of that name")
		}
	}
	return nil
}

func (s *Sandbox) adminSetInstance(r *http.Request) (any, error) {
	var b adminInstance
	if err := readBody(r, &b); err != nil {
		return nil, err
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	now := s.Now()
	if !s.SetInstance(r.PathValue("id"), func(i *Instance) { b.apply(i, now) }) {
		return nil, fmt.Errorf("change instance %q: not found", r.PathValue("id"))
	}
	return nil, nil
}

func (s *Sandbox) adminRemoveInstance(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.instances[r.PathValue("id")] == nil {
		return nil, fmt.Errorf("remove instance %q: not found", r.PathValue("id"))
	}
	s.removeInstance(r.PathValue("id"))
	return nil, nil
}

// adminToken says how long a token of an instance is to live; with a negative time it has expired.
type adminToken struct {
	Lifetime Duration `json:"lifetime"`
}

func (s *Sandbox) adminIssue(r *http.Request) (any, error) {
	b := adminToken{Lifetime: Duration(defaultExpiration)}
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
	if !s.hasInstance(r.PathValue("id")) {
		return nil, fmt.Errorf("end tokens of instance %q: not found", r.PathValue("id"))
	}
	s.EndInstanceTokens(r.PathValue("id"))
	return nil, nil
}
