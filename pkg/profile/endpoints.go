package profile

import "cmp"

// Endpoints are the base URLs of STACKIT's services; an empty one is the public service's.
type Endpoints struct {
	Edge            string `json:"edge,omitempty"`
	ResourceManager string `json:"resourceManager,omitempty"`
	// IdentityProvider is the OpenID Connect issuer; its discovery document is below it.
	IdentityProvider string `json:"identityProvider,omitempty"`
	// ServiceAccountToken is the token URL of service account keys. Empty: the key's own, else the public one.
	ServiceAccountToken string `json:"serviceAccountToken,omitempty"`
	// ServiceEnablement says which services a project may use; see ServiceEnablementURL.
	ServiceEnablement string `json:"serviceEnablement,omitempty"`
}

// WithDefaults returns e with the public service for everything that is empty, but for ServiceAccountToken, which
// depends on the key, and ServiceEnablement. A session is sealed for what this returns, so a field that is new must
// stay empty: with a default, nobody could open a session any more that is older than the field.
func (e Endpoints) WithDefaults() Endpoints {
	return Endpoints{
		Edge:                cmp.Or(e.Edge, "https://edge.api.stackit.cloud"),
		ResourceManager:     cmp.Or(e.ResourceManager, "https://resource-manager.api.stackit.cloud"),
		IdentityProvider:    cmp.Or(e.IdentityProvider, "https://accounts.stackit.cloud"),
		ServiceAccountToken: e.ServiceAccountToken,
		ServiceEnablement:   e.ServiceEnablement,
	}
}

// ServiceEnablementURL is where to ask which services a project may use. It is "", which means that it cannot be asked,
// for another Edge Cloud than the public one, unless it is configured: the public service is not shown that one's
// tokens.
func (e Endpoints) ServiceEnablementURL() string {
	if e.ServiceEnablement == "" && e.Edge == "" {
		return "https://service-enablement.api.stackit.cloud"
	}
	return e.ServiceEnablement
}
