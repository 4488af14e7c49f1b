package sandbox

import (
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"
)

// Role is what a principal may do in its projects, by default in every one of the sandbox.
type Role string

const (
	EdgeAdmin  Role = "edge.admin"  // everything, minting included
	EdgeReader Role = "edge.reader" // list and get
	NoRole     Role = ""            // sees nothing
)

// account is a person or a service account.
type account struct {
	email    string
	subject  string // UUID
	role     Role
	projects []string // in which it has the role; all if empty
	machine  bool     // service account
	password string   // people only
	// generation is that of the access tokens which are accepted.
	generation int

	// Service accounts only: where their key is good for, and the key itself, made when first asked for.
	audience      string
	tokenEndpoint string
	key           *rsa.PrivateKey
	kid           string
	keyCreated    time.Time
	federated     []FederatedProvider
}

// may reports whether an account may do something in a project.
func (a *account) may(need permission, project string) bool {
	return a.role.allows(need) && (len(a.projects) == 0 || slices.Contains(a.projects, project))
}

// addAccount adds an account with a subject that depends on the email alone, so that it outlives a restart. The caller
// holds the lock.
func (s *Sandbox) addAccount(a account) *account {
	sum := sha256.Sum256([]byte("mailto:" + a.email))
	a.subject = fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
	s.accounts[a.email] = &a
	return &a
}

// SetRole changes the role of a person or service account.
func (s *Sandbox) SetRole(email string, role Role) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[email]; a != nil {
		a.role = role
	}
}

// SetProjects has a person or service account be a member of these projects alone; of all if there are none.
func (s *Sandbox) SetProjects(email string, projects ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[email]; a != nil {
		a.projects = projects
	}
}
