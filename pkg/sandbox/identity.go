package sandbox

// ClientID is the public OAuth client the provider knows: the STACKIT CLI's.
const ClientID = "stackit-cli-0000-0000-000000000001"

// grant is one sign-in and all tokens that came of it.
type grant struct{}

func (s *Sandbox) routeIdentity() {}
