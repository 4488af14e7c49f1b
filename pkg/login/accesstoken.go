package login

import "github.com/kubectl-edge/kubectl-edge/pkg/envcredential"

// methodAccessToken is an access token in the environment, as the STACKIT CLI takes one.
const methodAccessToken = "access-token"

func accessToken() method {
	return method{
		name:  methodAccessToken,
		held:  envcredential.AccessToken.String(),
		fixed: true,
		environment: func(a *Account, _ surroundings) (grant, error) {
			token := a.Env.Trimmed(envcredential.AccessToken)
			if token == "" {
				return nil, nil
			}
			origin := envcredential.AccessToken.String()
			return &staticGrant{method: methodAccessToken, origin: origin, token: token}, nil
		},
	}
}
