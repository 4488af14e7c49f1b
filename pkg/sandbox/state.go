package sandbox

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// State is what a folder keeps of a sandbox.
type State struct {
	Version    int                 `json:"version"`
	URL        string              `json:"url"`
	Seed       string              `json:"seed"`
	Settings   Settings            `json:"settings"`
	CA         []string            `json:"ca"` // certificate and key, PEM
	Keys       map[string][]string `json:"keys"`
	Accounts   []savedAccount      `json:"accounts"`
	Projects   []Project           `json:"projects"`
	NotEnabled []string            `json:"notEnabled"`
	Services   []savedService      `json:"services"`
	Instances  []savedInstance     `json:"instances"`
	Opaque     []savedOpaque       `json:"opaqueTokens"`
	Grants     []savedGrant        `json:"grants"`
	Sessions   []savedSession      `json:"sessions"`
	Refresh    []savedRefresh      `json:"refreshTokens"`
}

type savedAccount struct {
	Email         string              `json:"email"`
	Role          Role                `json:"role"`
	Projects      []string            `json:"projects"`
	Machine       bool                `json:"machine"`
	Password      string              `json:"password"`
	Generation    int                 `json:"generation"`
	Audience      string              `json:"audience"`
	TokenEndpoint string              `json:"tokenEndpoint"`
	Key           string              `json:"key"`
	KeyID         string              `json:"keyId"`
	KeyCreated    time.Time           `json:"keyCreated"`
	Federated     []FederatedProvider `json:"federated"`
}

type savedService struct {
	Project, Region, ID, State, Next string
	At                               time.Time
}

type savedInstance struct {
	Instance
	ProjectID         string      `json:"projectId"`
	Region            string      `json:"region"`
	Server            string      `json:"server"`
	ServerCA          string      `json:"serverCA"`
	OwnServer         bool        `json:"ownServer"`
	Credentials       Credentials `json:"credentials"`
	RefuseCredentials int         `json:"refuseCredentials"`
	ReadyAt           time.Time   `json:"readyAt"`
	ReadyAfterPolls   int         `json:"readyAfterPolls"`
	GoneAt            time.Time   `json:"goneAt"`
	Live              bool        `json:"live"`
	Named             bool        `json:"named"`
	Hosted            string      `json:"hosted"`
}

type savedOpaque struct {
	Token, Instance string
	Ends            time.Time
}

type savedGrant struct {
	ID, Email, Scope, Nonce string
	SignedIn, Ends          time.Time
	Revoked                 bool
}

type savedSession struct {
	Cookie, Email string
	SignedIn      time.Time
}

type savedRefresh struct {
	Token, Grant  string
	Expires, Used time.Time
}

// check says what a state lacks that a sandbox cannot be without.
func (o *State) check() error {
	switch {
	case o.URL == "" || o.Seed == "" || len(o.CA) != 2:
		return errors.New("it lacks the address, the seed or the certificate authority")
	case len(o.Accounts) == 0 && len(o.Projects) == 0:
		return errors.New("it has no accounts and no projects")
	}
	return nil
}

// snapshot is the state as it is. The caller holds the lock.
func (s *Sandbox) snapshot() *State {
	s.prune()
	out := &State{
		Version: stateVersion, URL: s.base, Seed: s.seed, Settings: s.settings, Projects: s.projects,
		NotEnabled: s.notEnabled, Keys: map[string][]string{},
		CA: []string{string(s.authority.pem), keyPEM(s.authority.key)},
	}
	for issuer, set := range s.keys {
		for _, k := range set.keys {
			out.Keys[issuer] = append(out.Keys[issuer], keyPEM(k.key))
		}
	}
	for _, email := range slices.Sorted(maps.Keys(s.accounts)) {
		a := s.accounts[email]
		saved := savedAccount{
			Email: a.email, Role: a.role, Projects: a.projects, Machine: a.machine, Password: a.password,
			Generation: a.generation, Audience: a.audience, TokenEndpoint: a.tokenEndpoint, KeyID: a.kid,
			KeyCreated: a.keyCreated, Federated: a.federated,
		}
		if a.key != nil {
			saved.Key = keyPEM(a.key)
		}
		out.Accounts = append(out.Accounts, saved)
	}
	for key, e := range s.services {
		out.Services = append(out.Services, savedService{key.project, key.region, key.id, e.state, e.next, e.at})
	}
	slices.SortFunc(out.Services, func(a, b savedService) int {
		return slices.Compare([]string{a.Project, a.Region, a.ID}, []string{b.Project, b.Region, b.ID})
	})
	for _, id := range s.order {
		i := s.instances[id]
		out.Instances = append(out.Instances, savedInstance{
			Instance: *i, ProjectID: i.ProjectID, Region: i.Region, Server: i.Server, ServerCA: string(i.ServerCA),
			OwnServer: i.OwnServer, Credentials: i.Credentials, RefuseCredentials: i.RefuseCredentials,
			ReadyAt: i.ReadyAt, ReadyAfterPolls: i.ReadyAfterPolls, GoneAt: i.GoneAt, Live: i.live, Named: i.named,
			Hosted: i.hosted,
		})
	}
	s.snapshotTokens(out)
	return out
}

// snapshotTokens adds what was given to clients.
func (s *Sandbox) snapshotTokens(out *State) {
	for _, token := range slices.Sorted(maps.Keys(s.opaque)) {
		t := s.opaque[token]
		out.Opaque = append(out.Opaque, savedOpaque{token, t.instance, t.ends})
	}
	for _, id := range slices.Sorted(maps.Keys(s.grants)) {
		g := s.grants[id]
		out.Grants = append(out.Grants, savedGrant{g.id, g.email, g.scope, g.nonce, g.signedIn, g.ends, g.revoked})
	}
	for _, cookie := range slices.Sorted(maps.Keys(s.sessions)) {
		one := s.sessions[cookie]
		out.Sessions = append(out.Sessions, savedSession{cookie, one.email, one.signedIn})
	}
	for _, token := range slices.Sorted(maps.Keys(s.refresh)) {
		t := s.refresh[token]
		out.Refresh = append(out.Refresh, savedRefresh{token, t.grant.id, t.expires, t.used})
	}
}

// restore takes over a state that was kept.
func (s *Sandbox) restore(old *State) error {
	s.seed, s.settings, s.projects, s.notEnabled = old.Seed, old.Settings, old.Projects, old.NotEnabled
	var err error
	if s.authority, err = parseAuthority(old.CA[0], old.CA[1]); err != nil {
		return err
	}
	for issuer, pems := range old.Keys {
		set := &keySet{}
		for _, text := range pems {
			key, err := parseKey[*rsa.PrivateKey](text)
			if err != nil {
				return fmt.Errorf("read the key of %s: %w", issuer, err)
			}
			set.keys = append(set.keys, asSigningKey(key))
		}
		s.keys[issuer] = set
	}
	for _, saved := range old.Accounts {
		a := account{
			email: saved.Email, role: saved.Role, projects: saved.Projects, machine: saved.Machine,
			password: saved.Password, generation: saved.Generation, audience: saved.Audience,
			tokenEndpoint: saved.TokenEndpoint, kid: saved.KeyID, keyCreated: saved.KeyCreated,
			federated: saved.Federated,
		}
		if saved.Key != "" {
			if a.key, err = parseKey[*rsa.PrivateKey](saved.Key); err != nil {
				return fmt.Errorf("read the key of %s: %w", saved.Email, err)
			}
		}
		s.addAccount(a)
	}
	for _, e := range old.Services {
		s.services[service{e.Project, e.Region, e.ID}] = &enablement{state: e.State, next: e.Next, at: e.At}
	}
	for _, saved := range old.Instances {
		i := saved.Instance
		i.ProjectID, i.Region = saved.ProjectID, saved.Region
		i.Server, i.ServerCA = saved.Server, []byte(saved.ServerCA)
		i.OwnServer, i.Credentials, i.RefuseCredentials = saved.OwnServer, saved.Credentials, saved.RefuseCredentials
		i.ReadyAt, i.ReadyAfterPolls, i.GoneAt = saved.ReadyAt, saved.ReadyAfterPolls, saved.GoneAt
		i.live, i.named, i.hosted = saved.Live, saved.Named, saved.Hosted
		s.instances[i.ID] = &i
		s.order = append(s.order, i.ID)
	}
	s.restoreTokens(old)
	return nil
}

func (s *Sandbox) restoreTokens(old *State) {
	for _, t := range old.Opaque {
		s.opaque[t.Token] = opaqueToken{t.Instance, t.Ends}
	}
	for _, g := range old.Grants {
		s.grants[g.ID] = &grant{g.ID, g.Email, g.Scope, g.Nonce, g.SignedIn, g.Ends, g.Revoked}
	}
	for _, one := range old.Sessions {
		s.sessions[one.Cookie] = &session{one.Email, one.SignedIn}
	}
	for _, t := range old.Refresh {
		if g := s.grants[t.Grant]; g != nil {
			s.refresh[t.Token] = &refreshToken{g, t.Expires, t.Used}
		}
	}
}

// keyPEM encodes a private key.
func keyPEM(key any) string {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err) // it is one of the kinds that can be encoded
	}
	return string(pemBlock("PRIVATE KEY", der))
}

// parseKey reads a private key of one kind.
func parseKey[K *rsa.PrivateKey | *ecdsa.PrivateKey](text string) (K, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("it is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(K)
	if !ok {
		return nil, fmt.Errorf("it is a %T", parsed)
	}
	return key, nil
}

func parseAuthority(certPEM, key string) (*authority, error) {
	block, _ := pem.Decode([]byte(certPEM))
	if block == nil {
		return nil, errors.New("read the certificate authority: it is not PEM")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read the certificate authority: %w", err)
	}
	a := &authority{cert: cert, pem: []byte(certPEM)}
	if a.key, err = parseKey[*ecdsa.PrivateKey](key); err != nil {
		return nil, fmt.Errorf("read the key of the certificate authority: %w", err)
	}
	return a, nil
}
