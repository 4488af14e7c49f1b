package sandbox

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// AccountState is what the control address says of a person or a service account.
type AccountState struct {
	Email    string   `json:"email"`
	Subject  string   `json:"subject"`
	Kind     string   `json:"kind"` // person or service account
	Role     Role     `json:"role"`
	Projects []string `json:"projects"`           // in which it has the role; all if empty
	Password string   `json:"password,omitempty"` // in the answer to the request for which it was made
}

func (s *Sandbox) adminListAccounts() []AccountState {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []AccountState{}
	for _, email := range slices.Sorted(maps.Keys(s.accounts)) {
		out = append(out, s.accounts[email].state())
	}
	return out
}

func (a *account) state() AccountState {
	kind := "person"
	if a.machine {
		kind = "service account"
	}
	return AccountState{
		Email: a.email, Subject: a.subject, Kind: kind, Role: a.role, Projects: append([]string{}, a.projects...),
	}
}

// adminNewAccount is a person, who has an e-mail address, or a service account, which gets one.
type adminNewAccount struct {
	Name     string `json:"name"`
	Password string `json:"password"` // of a person; made if empty
	adminAccount
}

// adminAccount has the members of an account that can be set; absent ones stay as they are.
type adminAccount struct {
	Role     *Role    `json:"role"`
	Projects []string `json:"projects"`
}

// serviceAccountDomain is that of the addresses of service accounts.
const serviceAccountDomain = "@sa.stackit.cloud"

func (s *Sandbox) adminAddAccount(r *http.Request) (any, error) {
	var b adminNewAccount
	if err := readBody(r, &b); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := account{email: b.Name, role: EdgeAdmin, password: b.Password}
	if !strings.Contains(b.Name, "@") {
		a.email = b.Name + "-" + s.newID(func(id string) bool {
			return s.accounts[b.Name+"-"+id[:7]+serviceAccountDomain] == nil
		}, "account", b.Name)[:7] + serviceAccountDomain
	}
	a.machine = strings.HasSuffix(a.email, serviceAccountDomain)
	switch name, domain, _ := strings.Cut(a.email, "@"); {
	case b.Name == "" || name == "" || domain == "" || strings.ContainsAny(a.email, " /?#%"):
		return nil, fmt.Errorf("add account %q: want a name, or an e-mail address for a person", b.Name)
	case s.accounts[a.email] != nil:
		return nil, fmt.Errorf("add account %q: there is one of that name", b.Name)
	case a.machine && b.Password != "":
		return nil, fmt.Errorf("add account %q: a service account has a key, not a password", b.Name)
	}
	if err := s.apply(b.adminAccount, &a); err != nil {
		return nil, fmt.Errorf("add account %q: %w", b.Name, err)
	}
	if a.machine {
		a.audience, a.tokenEndpoint = s.base+"/service-account", s.ServiceAccountTokenURL()
	}
	made := ""
	if !a.machine && a.password == "" {
		made = rand.Text()
		a.password = made
	}
	state := s.addAccount(a).state()
	state.Password = made
	return state, nil
}

// apply sets what is given. The caller holds the lock.
func (s *Sandbox) apply(b adminAccount, a *account) error {
	if known := []Role{EdgeAdmin, EdgeReader, NoRole}; b.Role != nil && !slices.Contains(known, *b.Role) {
		return fmt.Errorf("role %q: want one of %q", *b.Role, known)
	}
	for _, id := range b.Projects {
		if p := s.project(id); p == nil || p.ProjectID != id {
			return fmt.Errorf("no project %q", id)
		}
	}
	set(&a.role, b.Role)
	if b.Projects != nil {
		a.projects = b.Projects
	}
	return nil
}

func (s *Sandbox) adminAccount(r *http.Request) (any, error) {
	var b adminAccount
	if err := readBody(r, &b); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[r.PathValue("email")]
	if a == nil {
		return nil, fmt.Errorf("change account %q: not found", r.PathValue("email"))
	}
	return nil, s.apply(b, a)
}

// ofAccount is a call that does something to the account that the path names.
func (s *Sandbox) ofAccount(do func(email string)) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		email := r.PathValue("email")
		s.mu.Lock()
		known := s.accounts[email] != nil
		s.mu.Unlock()
		if !known {
			return nil, fmt.Errorf("change account %q: not found", email)
		}
		do(email)
		return nil, nil
	}
}

// removeAccount removes a person or a service account. What was given to them is refused from now on.
func (s *Sandbox) removeAccount(email string) {
	s.RevokeSessions(email)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.accounts, email)
}
