package login

// methodServiceAccountToken is an access token of a service account, in the environment or the SDK's credentials file.
const methodServiceAccountToken = "service-account-token"

func serviceAccountToken() method {
	return method{
		name:  methodServiceAccountToken,
		held:  "a service account's token",
		fixed: true,
		environment: func(a *Account, in surroundings) (grant, error) {
			file, err := in.file()
			if err != nil {
				return nil, err
			}
			token, from := a.Env.Token(file)
			if token == "" {
				return nil, nil
			}
			return &staticGrant{
				method: methodServiceAccountToken, token: token, origin: from, file: from == file.Path,
			}, nil
		},
	}
}
