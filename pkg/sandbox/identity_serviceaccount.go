package sandbox

// ServiceAccountKey returns the key file of AdminServiceAccount.
func (s *Sandbox) ServiceAccountKey() []byte {
	key, err := s.ServiceAccountKeyOf(AdminServiceAccount)
	if err != nil {
		panic(err) // only when the machine has no randomness
	}
	return key
}

// ServiceAccountKeyOf returns the key file of a service account.
func (s *Sandbox) ServiceAccountKeyOf(email string) ([]byte, error) { return nil, nil }

// RevokeServiceAccountKey makes the key of a service account useless, as deleting it does.
func (s *Sandbox) RevokeServiceAccountKey(email string) {}

func (s *Sandbox) routeServiceAccounts() {}
