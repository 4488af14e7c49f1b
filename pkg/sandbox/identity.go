package sandbox

import "time"

// ClientID is the public OAuth client the provider knows: the STACKIT CLI's.
const ClientID = "stackit-cli-0000-0000-000000000001"

// grant is one sign-in and all tokens that came of it.
type grant struct {
	revoked bool
	ends    time.Time
}

// accessTokenEnd returns when an access token made now expires. The caller holds the lock.
func (s *Sandbox) accessTokenEnd(grantID string) time.Time {
	end := s.now().Add(time.Duration(s.settings.AccessTokenLifetime))
	if g := s.grants[grantID]; g != nil && g.ends.Before(end) {
		return g.ends
	}
	return end
}

func (s *Sandbox) routeIdentity() {
	s.mux.HandleFunc("POST /oauth/v2/token", s.tokenEndpoint)
}
