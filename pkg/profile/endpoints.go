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
}

// WithDefaults returns e with the public service for everything that is empty, but for ServiceAccountToken, which depends
// on the key.
func (e Endpoints) WithDefaults() Endpoints {
	return Endpoints{
		Edge:                cmp.Or(e.Edge, "https://edge.api.stackit.cloud"),
		ResourceManager:     cmp.Or(e.ResourceManager, "https://resource-manager.api.stackit.cloud"),
		IdentityProvider:    cmp.Or(e.IdentityProvider, "https://accounts.stackit.cloud"),
		ServiceAccountToken: e.ServiceAccountToken,
	}
}
