package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"k8s.io/apimachinery/pkg/util/uuid"
)

// Instance tokens name this user and this group, so that an API server that trusts the issuer can bind roles to them.
const (
	InstanceUser  = "edge:serviceaccount:stec-system:edge-admin"
	InstanceGroup = "edge-admin"
)

// Bounds of expirationSeconds.
const (
	minExpiration     = 600 * time.Second
	defaultExpiration = 3600 * time.Second
	maxExpiration     = 15552000 * time.Second
)

// IssueInstanceToken makes a token of an instance outside the API, uncounted, for tests of API servers. With a negative
// lifetime it has expired.
func (s *Sandbox) IssueInstanceToken(instanceID string, lifetime time.Duration) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.instances[instanceID] == nil {
		return "", fmt.Errorf("issue token of instance %q: not found", instanceID)
	}
	return s.instanceToken(instanceID, lifetime)
}

func (s *Sandbox) instanceToken(instanceID string, lifetime time.Duration) (string, error) {
	if s.settings.OpaqueInstanceTokens {
		return s.opaqueInstanceToken(instanceID, lifetime), nil
	}
	now := s.now()
	issued := now
	if lifetime < 0 {
		issued = now.Add(2 * lifetime)
	}
	return s.sign(s.Issuer(instanceID), jwt.MapClaims{
		"aud":    []string{instanceID},
		"sub":    InstanceUser,
		"groups": []string{InstanceGroup},
		"iat":    issued.Unix(),
		"nbf":    issued.Unix(),
		"exp":    now.Add(lifetime).Unix(),
		"jti":    string(uuid.NewUUID()),
	})
}

// mint checks a request for credentials, makes the token of it and counts it; a status of 0 is success.
func (s *Sandbox) mint(c edgeCall, count func(*Mints)) (token string, status int, body any) {
	lifetime := defaultExpiration
	if q := c.URL.Query(); q.Has("expirationSeconds") {
		n, err := strconv.ParseInt(q.Get("expirationSeconds"), 10, 64)
		if err != nil || n < int64(minExpiration/time.Second) || n > int64(maxExpiration/time.Second) {
			status, body = badRequest("expirationSeconds must be between 600 and 15552000")
			return "", status, body
		}
		lifetime = time.Duration(n) * time.Second
	}
	s.changed = s.changed || c.instance.RefuseCredentials > 0 // it is counted down
	if !c.instance.givesCredentials() {
		c.instance.poll()
		status, body = notFound("instance is not ready")
		return "", status, body
	}
	if l := time.Duration(s.settings.InstanceTokenLifetime); l > 0 {
		lifetime = l
	}
	token, err := s.instanceToken(c.instance.ID, lifetime)
	if err != nil {
		return "", http.StatusInternalServerError, codeError(http.StatusInternalServerError, err.Error())
	}
	m := s.stats.Mints[c.instance.ID]
	count(&m)
	s.stats.Mints[c.instance.ID] = m
	return token, 0, nil
}

func (s *Sandbox) mintToken(c edgeCall) (int, any) {
	token, status, body := s.mint(c, func(m *Mints) { m.Token++ })
	if status != 0 {
		return status, body
	}
	return http.StatusOK, map[string]string{"token": token}
}

func (s *Sandbox) mintKubeconfig(c edgeCall) (int, any) {
	token, status, body := s.mint(c, func(m *Mints) { m.Kubeconfig++ })
	if status != 0 {
		return status, body
	}
	return http.StatusOK, map[string]any{"kubeconfig": kubeconfig(c.instance, token)}
}

// kubeconfig is a JSON object, not a string. Its names are the same for each instance, so that two of them collide.
func kubeconfig(i *Instance, token string) any {
	type object = map[string]any
	return object{
		"apiVersion":      "v1",
		"kind":            "Config",
		"preferences":     object{},
		"current-context": "edge",
		"clusters": []object{{"name": "edge", "cluster": object{
			"server":                     i.Server,
			"certificate-authority-data": i.ServerCA,
		}}},
		"contexts": []object{{"name": "edge", "context": object{"cluster": "edge", "user": "edge-admin"}}},
		"users":    []object{{"name": "edge-admin", "user": object{"token": token}}},
	}
}

// instanceDiscovery serves what OpenID Connect Discovery and Kubernetes' structured authentication need.
func (s *Sandbox) instanceDiscovery(w http.ResponseWriter, r *http.Request) {
	if !s.hasInstance(r.PathValue("id")) {
		http.NotFound(w, r)
		return
	}
	writeJSON(w, http.StatusOK, issuerDocument(s.Issuer(r.PathValue("id"))))
}

func (s *Sandbox) instanceKeys(w http.ResponseWriter, r *http.Request) {
	if !s.hasInstance(r.PathValue("id")) {
		http.NotFound(w, r)
		return
	}
	s.serveKeys(w, s.Issuer(r.PathValue("id")))
}
