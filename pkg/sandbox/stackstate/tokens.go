package stackstate

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// serviceToken is a token as it is kept; of its text only the hash.
type serviceToken struct {
	ID                  int64    `json:"id"`
	LastUpdateTimestamp int64    `json:"lastUpdateTimestamp"` // epoch milliseconds, as all times here
	Name                string   `json:"name"`
	Expiration          int64    `json:"expiration,omitempty"` // 0: never
	Roles               []string `json:"roles"`
	DedicatedSubject    string   `json:"dedicatedSubject,omitempty"`
	SHA256              string   `json:"sha256,omitempty"`
}

func (t serviceToken) expired(now time.Time) bool {
	return t.Expiration != 0 && now.UnixMilli() >= t.Expiration
}

func (t serviceToken) user() User {
	u := User{Name: "service token " + t.Name, Roles: t.Roles}
	if t.DedicatedSubject != "" {
		u.Roles = append(u.Roles[:len(u.Roles):len(u.Roles)], t.DedicatedSubject)
	}
	return u
}

type newServiceTokenRequest struct {
	Name             string   `json:"name"`
	Roles            []string `json:"roles"`
	ExpiryDate       *int64   `json:"expiryDate"`
	DedicatedSubject string   `json:"dedicatedSubject"` // "" is absent: the real CLI always sends it
}

// serviceTokenCreatedResponse has no id.
type serviceTokenCreatedResponse struct {
	Name       string `json:"name"`
	Token      string `json:"token"`
	Expiration int64  `json:"expiration,omitempty"`
}

func (s *Server) listServiceTokens(w http.ResponseWriter, _ *http.Request, u User) error {
	if err := s.require(u, GetServiceTokens); err != nil {
		return err
	}
	list := s.store.list()
	for i := range list {
		list[i].SHA256 = ""
	}
	return writeJSON(w, list)
}

func (s *Server) createServiceToken(w http.ResponseWriter, r *http.Request, u User) error {
	if err := s.require(u, CreateServiceTokens); err != nil {
		return err
	}
	var req newServiceTokenRequest
	if err := readJSON(w, r, &req); err != nil {
		return err
	}
	if strings.TrimSpace(req.Name) == "" {
		return badRequest("name must not be empty")
	}
	if len(req.Roles) == 0 {
		return badRequest("roles must not be empty")
	}
	now := s.now()
	t := serviceToken{
		LastUpdateTimestamp: now.UnixMilli(),
		Name:                req.Name,
		Roles:               req.Roles,
		DedicatedSubject:    req.DedicatedSubject,
	}
	if req.ExpiryDate != nil {
		t.Expiration = *req.ExpiryDate
		if t.Expiration <= now.UnixMilli() {
			return &invalidExpiryError{"ServiceTokenInvalidExpiryError", "the expiry date must be in the future"}
		}
	}
	text, err := newTokenText()
	if err != nil {
		return err
	}
	t.SHA256 = hash(text)
	if err := s.store.add(t); err != nil {
		return err
	}
	return writeJSON(w, serviceTokenCreatedResponse{t.Name, text, t.Expiration})
}

func (s *Server) deleteServiceToken(w http.ResponseWriter, r *http.Request, u User) error {
	if err := s.require(u, DeleteServiceTokens); err != nil {
		return err
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return badRequest("service token id %q is not an integer", r.PathValue("id"))
	}
	found, err := s.store.remove(id)
	if err != nil {
		return err
	}
	if !found {
		return notFound("no service token with id %d", id)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// newTokenText is svctok- and 32 letters and digits.
func newTokenText() (string, error) {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	text := []byte("svctok-")
	for range 32 {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			return "", err
		}
		text = append(text, alphabet[n.Int64()])
	}
	return string(text), nil
}

func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
