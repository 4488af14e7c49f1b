package login

import "github.com/kubectl-edge/kubectl-edge/pkg/envcredential"

// MethodAccessToken is an access token in the environment, as the STACKIT CLI takes one.
const MethodAccessToken = "access-token"

func accessToken() method {
	return method{
		name:  MethodAccessToken,
		held:  envcredential.AccessToken.String(),
		fixed: true,
		environment: func(a *Account, _ surroundings) (grant, error) {
			token := a.Env.Trimmed(envcredential.AccessToken)
			if token == "" {
				return nil, nil
			}
			origin := envcredential.AccessToken.String()
			return &staticGrant{method: MethodAccessToken, origin: origin, token: token}, nil
		},
	}
}
