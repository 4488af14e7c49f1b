package sandbox

import (
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"time"
)

// Role is what a principal may do in every project of the sandbox.
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
	machine  bool   // service account
	password string // people only
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

// addAccount adds an account with a subject that depends on the email alone, so that it outlives a restart.
func (s *Sandbox) addAccount(a account) {
	sum := sha256.Sum256([]byte("mailto:" + a.email))
	a.subject = fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts[a.email] = &a
}

// SetRole changes the role of a person or service account.
func (s *Sandbox) SetRole(email string, role Role) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[email]; a != nil {
		a.role = role
	}
}
