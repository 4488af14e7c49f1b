package stackstate

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Kind is a kind of credential; its text is the real CLI's flag and configuration key.
type Kind string

// The kinds of credentials.
const (
	KindAPIToken        Kind = "api-token"     // a user's, shown in the UI
	KindServiceToken    Kind = "service-token" // not tied to a user
	KindKubernetesToken Kind = "k8s-sa-token"  // of a Kubernetes service account
)

// Credential is what a client authenticates with. Its secret is never formatted.
type Credential struct {
	Kind  Kind
	Token string
}

// String hides the token.
func (c Credential) String() string { return string(c.Kind) + " (hidden)" }

// GoString hides the token.
func (c Credential) GoString() string { return c.String() }

// HeaderForm is one of the two forms in which a server accepts a service token.
type HeaderForm string

// The forms of a service token's header.
const (
	APIKeyHeader        HeaderForm = "x-api-key"     // X-API-Key: TOKEN
	AuthorizationHeader HeaderForm = "authorization" // Authorization: ApiKey TOKEN
)

// ParseHeaderForm reads a HeaderForm.
func ParseHeaderForm(s string) (HeaderForm, error) {
	switch f := HeaderForm(s); f {
	case APIKeyHeader, AuthorizationHeader:
		return f, nil
	}
	return "", fmt.Errorf("header %q is unknown: use %s or %s", s, AuthorizationHeader, APIKeyHeader)
}

// Header returns the name and value of the header that carries a credential.
func (c Credential) Header(form HeaderForm) (name, value string) {
	switch {
	case c.Kind == KindAPIToken:
		return "X-API-Token", c.Token
	case c.Kind == KindKubernetesToken:
		return "X-API-ServiceBearer", c.Token
	case form == AuthorizationHeader:
		return "Authorization", "ApiKey " + c.Token
	default:
		return "X-API-Key", c.Token
	}
}

func (c Credential) set(h http.Header, form HeaderForm) { h.Set(c.Header(form)) }

// Validate refuses what could not be sent, without quoting it.
func (c Credential) Validate() error {
	if c.Token == "" {
		return hint.Wrap(errors.New("there is no token to authenticate with"),
			"kubectl sts context save --url https://STACKSTATE")
	}
	for _, r := range c.Token {
		if r <= ' ' || r > '~' {
			return fmt.Errorf("the %s holds blanks, line ends or other characters that a token cannot have", c.Kind)
		}
	}
	return nil
}

// looksLike is the kind that the form of a token suggests, if it is another than it was given as; "" if not.
func (c Credential) looksLike() Kind {
	switch {
	case strings.HasPrefix(c.Token, tokenPrefix):
		if c.Kind != KindServiceToken {
			return KindServiceToken
		}
	case strings.HasPrefix(c.Token, "eyJ") && strings.Count(c.Token, ".") == 2: // a JWT
		if c.Kind != KindKubernetesToken {
			return KindKubernetesToken
		}
	case c.Kind == KindServiceToken:
		return KindAPIToken
	}
	return ""
}
