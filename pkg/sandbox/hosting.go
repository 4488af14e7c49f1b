package sandbox

import (
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Hosting gives instances their Kubernetes APIs. Its functions are called with the sandbox locked: they must return at
// once, and not call it.
type Hosting struct {
	// Open lets an instance be reached at an address, a URL, or at any for "", and returns the address. With own it
	// starts an API server for this instance alone, and says so with Sandbox.Hosted when that serves.
	Open func(id, address string, own bool) (string, error)
	// Close ends what Open began.
	Close func(id string)
}

// Host gives all instances, and those that come, their Kubernetes APIs.
func (s *Sandbox) Host(h Hosting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosting = &h
	for _, id := range s.order {
		s.open(s.instances[id])
	}
	s.changed = true
}

// open gives an instance its Kubernetes API. The caller holds the lock.
func (s *Sandbox) open(i *Instance) {
	if s.hosting == nil || i.named {
		return
	}
	address, err := s.hosting.Open(i.ID, i.hosted, i.OwnServer)
	if err != nil {
		i.Status, i.failure = StatusError, err.Error()
		return
	}
	i.Server, i.hosted, i.ServerCA = address, address, s.authority.pem
	if i.OwnServer {
		i.starting = true
		if i.Status == StatusActive {
			i.Status = StatusReconciling
		}
	}
}

// Hosted says that an instance's own API server serves, or why it does not.
func (s *Sandbox) Hosted(id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.instances[id]
	if i == nil || !i.starting {
		return
	}
	s.changed, i.starting = true, false
	switch {
	case err != nil:
		i.Status, i.failure = StatusError, err.Error()
	case i.Status == StatusReconciling && i.ReadyAt.IsZero() && i.ReadyAfterPolls == 0:
		i.Status = StatusActive
	}
}

// TakesToken reports whether an instance takes a token, as its own API server would: the issuer, the audience and the
// time must be right, the last by the machine's clock.
func (s *Sandbox) TakesToken(id, token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.opaque[token]; ok {
		return t.instance == id && s.now().Before(t.ends)
	}
	if s.instances[id] == nil {
		return false
	}
	_, err := s.verifyAt(time.Now, s.Issuer(id), token, jwt.WithAudience(id))
	return err == nil
}
