package stackstate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ServiceToken is a service token as the server lists it, without its secret.
type ServiceToken struct {
	ID                  int64    `json:"id,omitempty"`
	LastUpdateTimestamp int64    `json:"lastUpdateTimestamp,omitempty"` // epoch milliseconds
	Name                string   `json:"name"`                          // need not be unique
	Description         string   `json:"description,omitempty"`
	Expiration          int64    `json:"expiration,omitempty"` // epoch milliseconds; 0 is never
	Roles               []string `json:"roles"`
	DedicatedSubject    string   `json:"dedicatedSubject,omitempty"` // a subject that goes with the token
}

// Expired reports whether the token has an end, and now is not before it.
func (t ServiceToken) Expired(now time.Time) bool {
	return t.Expiration != 0 && now.UnixMilli() >= t.Expiration
}

// NewServiceTokenRequest asks for a service token.
type NewServiceTokenRequest struct {
	Name             string   `json:"name"`
	Roles            []string `json:"roles"`
	ExpiryDate       int64    `json:"expiryDate,omitempty"` // epoch milliseconds; 0 is never
	DedicatedSubject string   `json:"dedicatedSubject"`     // "" is none, and sent as such, as the real CLI does
}

// ServiceTokenCreatedResponse shows the secret, this once. It has no id.
type ServiceTokenCreatedResponse struct {
	Name       string `json:"name"`
	Token      string `json:"token"`
	Expiration int64  `json:"expiration,omitempty"` // epoch milliseconds; 0 is never
}

// String hides the token.
func (r ServiceTokenCreatedResponse) String() string { return "service token " + r.Name + " (hidden)" }

// GoString hides the token.
func (r ServiceTokenCreatedResponse) GoString() string { return r.String() }

// ServiceTokens lists the service tokens, in the server's order.
func (c *Client) ServiceTokens(ctx context.Context) ([]ServiceToken, error) {
	tokens := []ServiceToken{}
	if err := c.call(ctx, http.MethodGet, "/security/tokens", nil, &tokens); err != nil {
		return nil, err
	}
	return tokens, nil
}

// tokenPrefix starts all service tokens that are documented.
const tokenPrefix = "svctok-"

// CreateServiceToken makes a service token. After an error for which Ambiguous holds it may exist all the same.
func (c *Client) CreateServiceToken(ctx context.Context, req NewServiceTokenRequest) (ServiceTokenCreatedResponse,
	error) {
	var created ServiceTokenCreatedResponse
	resp, data, err := c.send(ctx, http.MethodPost, "/security/tokens", req)
	if err != nil {
		return created, err
	}
	isToken := func(text string) bool { return Credential{Kind: KindServiceToken, Token: text}.Validate() == nil }
	text := string(bytes.TrimSpace(data))
	switch {
	case json.Unmarshal(data, &created) == nil && isToken(created.Token):
		return created, nil
	case strings.HasPrefix(text, tokenPrefix) && isToken(text): // the token alone, as text
		return ServiceTokenCreatedResponse{Name: req.Name, Token: text, Expiration: req.ExpiryDate}, nil
	case json.Valid(data) || len(data) == 0:
		created.Token = "" // nothing that could be sent
		return created, fmt.Errorf("the server answered %d without a token", resp.StatusCode)
	}
	return created, c.unexpected(resp, data)
}

// DeleteServiceToken deletes a service token and the subject dedicated to it.
func (c *Client) DeleteServiceToken(ctx context.Context, id int64) error {
	return c.call(ctx, http.MethodDelete, "/security/tokens/"+strconv.FormatInt(id, 10), nil, nil)
}

// Ambiguous reports whether a request that failed with err may have been carried out: no answer arrived whole, or the
// server failed on the way. A server that says 4xx has done nothing.
func Ambiguous(err error) bool {
	status := statusOf(err)
	return err != nil && (status < 400 || status >= 500)
}
