package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
)

// Status values of an instance.
const (
	StatusError       = "error"
	StatusReconciling = "reconciling"
	StatusActive      = "active"
	StatusDeleting    = "deleting"
)

// Instance is an Edge Cloud instance. Members with JSON names are those of the API.
type Instance struct {
	ID          string    `json:"id"` // hostname of at most 16 characters
	DisplayName string    `json:"displayName"`
	PlanID      string    `json:"planId"`      // PlanID if empty
	FrontendURL string    `json:"frontendUrl"` // derived from ID and Region if empty
	Status      string    `json:"status"`      // StatusActive if empty
	Created     time.Time `json:"created"`     // now if zero
	Description string    `json:"description,omitempty"`
	// ACL is the access list of the Kubernetes API, which the Edge API shows and nothing of it sets.
	ACL *ACL `json:"acl,omitempty"`

	ProjectID string `json:"-"` // ProjectID if empty
	Region    string `json:"-"` // Region if empty

	// Server is the URL of the API server, ServerCA the PEM certificate of its authority (the sandbox's if empty). Both
	// go into kubeconfigs.
	Server   string `json:"-"`
	ServerCA []byte `json:"-"`
	// OwnServer asks for an API server of its own, where the sandbox runs some: see Hosting.
	OwnServer bool `json:"-"`
	// Credentials says when the instance gives tokens and kubeconfigs; CredentialsByStatus if empty. Of the requests
	// for them, RefuseCredentials more are answered 404 first, whatever it says.
	Credentials       Credentials `json:"-"`
	RefuseCredentials int         `json:"-"`
	// ReadyAt, if not zero, is when a reconciling instance turns active, by the sandbox's clock. ReadyAfterPolls does
	// the same once it was asked for that many times, so that tests need not wait.
	ReadyAt         time.Time `json:"-"`
	ReadyAfterPolls int       `json:"-"`
	// GoneAt, if not zero, is when a deleting instance is gone.
	GoneAt time.Time `json:"-"`

	live     bool   // was active before it was updated
	named    bool   // has a Kubernetes API of somebody else
	hosted   string // address that Hosting gave it
	starting bool   // its own API server does not serve yet
	failure  string // why it has no Kubernetes API
}

// Credentials says when an instance gives tokens and kubeconfigs, and 404 otherwise. What STACKIT does while an
// instance reconciles is not public; its SDK asks then.
type Credentials string

const (
	// CredentialsByStatus: when it is active, or reconciles after an update, which takes nothing from who uses it.
	CredentialsByStatus Credentials = ""
	CredentialsMinted   Credentials = "minted"  // always
	CredentialsRefused  Credentials = "refused" // never
)

// givesCredentials decides about one request for credentials, and counts it.
func (i *Instance) givesCredentials() bool {
	if i.starting {
		return false
	}
	if i.RefuseCredentials > 0 {
		i.RefuseCredentials--
		return false
	}
	switch i.Credentials {
	case CredentialsMinted:
		return true
	case CredentialsRefused:
		return false
	}
	return i.Status == StatusActive || i.Status == StatusReconciling && i.live
}

// ACL is who may reach an instance's Kubernetes API.
type ACL struct {
	IPAllowList []IPRange `json:"ipAllowList"`
}

// IPRange is one entry of an access list.
type IPRange struct {
	UUID        string `json:"uuid"`
	IPRange     string `json:"ipRange"` // CIDR
	Description string `json:"description,omitempty"`
}

// plan is an Edge Cloud plan.
type plan struct {
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

func (s *Sandbox) addInstance(i Instance) *Instance {
	s.changed = true
	i.named = i.Server != ""
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
	s.open(&i)
	return &i
}

func setDefault(s *string, value string) {
	if *s == "" {
		*s = value
	}
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

func (s *Sandbox) hasInstance(id string) bool { return s.SetInstance(id, func(*Instance) {}) }

// passTime has the time since the last call work on instances. The caller holds the lock.
func (s *Sandbox) passTime() {
	now := s.now()
	for _, id := range slices.Clone(s.order) {
		i := s.instances[id]
		if i.Status == StatusReconciling && !i.starting && !i.ReadyAt.IsZero() && !now.Before(i.ReadyAt) {
			i.Status = StatusActive
		}
		if i.Status == StatusDeleting && !i.GoneAt.IsZero() && !now.Before(i.GoneAt) {
			s.removeInstance(id)
		}
	}
}

// removeInstance removes an instance at once. The caller holds the lock.
func (s *Sandbox) removeInstance(id string) {
	s.changed = true
	if i := s.instances[id]; s.hosting != nil && i.hosted != "" {
		s.hosting.Close(id)
	}
	delete(s.instances, id)
	s.order = slices.DeleteFunc(s.order, func(o string) bool { return o == id })
}

// instancesOf returns the instances of a project in a region, after time has worked on them. The caller holds the lock.
func (s *Sandbox) instancesOf(project, region string) []*Instance {
	s.passTime()
	found := []*Instance{}
	for _, id := range s.order {
		i := s.instances[id]
		if i.ProjectID == project && (region == "" || i.Region == region) {
			found = append(found, i)
		}
	}
	return found
}

// poll counts a read of an instance that turns active after some.
func (i *Instance) poll() {
	if i.Status != StatusReconciling || i.starting || i.ReadyAfterPolls == 0 {
		return
	}
	if i.ReadyAfterPolls--; i.ReadyAfterPolls == 0 {
		i.Status = StatusActive
	}
}

func (s *Sandbox) listInstances(c edgeCall) (int, any) {
	out := []Instance{}
	for _, i := range s.instancesOf(c.project, c.region) {
		out = append(out, s.answer(i))
	}
	return http.StatusOK, map[string]any{"instances": out}
}

func (s *Sandbox) getInstance(c edgeCall) (int, any) {
	out := s.answer(c.instance)
	c.instance.poll()
	return http.StatusOK, out
}

// answer copies an instance for an answer, which is written after the lock is gone.
func (s *Sandbox) answer(i *Instance) Instance {
	out := *i
	if s.settings.LocalUI {
		out.FrontendURL = s.UIURL(i.ID)
	}
	return out
}

// instanceBody is the body of create and update.
type instanceBody struct {
	DisplayName string  `json:"displayName"`
	PlanID      *string `json:"planId"`
	Description *string `json:"description"`
}

func (b *instanceBody) read(r *http.Request) error {
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(b); err != nil {
		return fmt.Errorf("body is not JSON")
	}
	if b.PlanID != nil && stackitid.PlanID(*b.PlanID) != nil { // the API does not check that there is such a plan
		return fmt.Errorf("planId is not a UUID")
	}
	if b.Description != nil && utf8.RuneCountInString(*b.Description) > 256 {
		return fmt.Errorf("description is longer than 256 characters")
	}
	return nil
}

func (s *Sandbox) createInstance(c edgeCall) (int, any) {
	var b instanceBody
	if err := b.read(c.Request); err != nil {
		return badRequest(err.Error())
	}
	if b.PlanID == nil {
		return badRequest("planId is missing")
	}
	if n := len(b.DisplayName); n < 4 || n > 8 || !hostnamePattern.MatchString(b.DisplayName) {
		return badRequest("displayName is not a hostname of 4 to 8 characters")
	}
	for _, i := range s.instancesOf(c.project, "") {
		if i.DisplayName == b.DisplayName {
			return conflict("an instance of that name exists")
		}
	}
	i := Instance{
		ID:          b.DisplayName + "-" + projectHash(c.project),
		DisplayName: b.DisplayName,
		PlanID:      *b.PlanID,
		ProjectID:   c.project,
		Region:      c.region,
		Status:      StatusReconciling,
		ReadyAt:     s.now().Add(time.Duration(s.settings.ReconcileTime)),
		OwnServer:   s.settings.OwnServers,
	}
	if b.Description != nil {
		i.Description = *b.Description
	}
	return http.StatusCreated, s.answer(s.addInstance(i))
}

// projectHash makes the second part of instance IDs. How STACKIT makes it is not known; it depends on the project.
func projectHash(project string) string {
	if project == ProjectID {
		return InstanceID[len(InstanceName)+1:]
	}
	sum := sha256.Sum256([]byte(project))
	return hex.EncodeToString(sum[:])[:7]
}

func (s *Sandbox) updateInstance(c edgeCall) (int, any) {
	var b instanceBody
	if err := b.read(c.Request); err != nil {
		return badRequest(err.Error())
	}
	if c.instance.Status != StatusActive {
		return conflict("instance is " + c.instance.Status)
	}
	if b.PlanID != nil {
		c.instance.PlanID = *b.PlanID
	}
	if b.Description != nil {
		c.instance.Description = *b.Description
	}
	c.instance.Status, c.instance.live = StatusReconciling, true
	c.instance.ReadyAt = s.now().Add(time.Duration(s.settings.ReconcileTime))
	return http.StatusNoContent, nil
}

func (s *Sandbox) deleteInstance(c edgeCall) (int, any) {
	if c.instance.Status == StatusDeleting {
		return conflict("instance is " + StatusDeleting)
	}
	c.instance.Status = StatusDeleting
	c.instance.GoneAt = s.now().Add(time.Duration(s.settings.ReconcileTime))
	return http.StatusNoContent, nil
}
