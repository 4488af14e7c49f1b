package login

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/interrupt"
	"github.com/kubectl-edge/kubectl-edge/pkg/jwtclaims"
)

const (
	// defaultWorkloadToken is where STACKIT's clusters put a pod's token.
	defaultWorkloadToken = "/var/run/secrets/stackit.cloud/serviceaccount/token"
	publicIssuer         = "https://accounts.stackit.cloud"
	publicIssuerTokenURL = publicIssuer + "/oauth/v2/token"
)

// methodWorkloadIdentity is a service account that trusts the platform on which a workload runs.
const methodWorkloadIdentity = "workload-identity"

func workloadIdentity() method {
	return method{
		name:        methodWorkloadIdentity,
		held:        "workload identity",
		environment: func(a *Account, _ surroundings) (grant, error) { return a.workloadGrant() },
	}
}

// workloadToken gets the token by which a platform vouches for what runs there; from says where it comes from. It is
// asked for again at every exchange, because such tokens are short-lived.
type workloadToken struct {
	from string
	get  func(context.Context, *Account) (string, error)
}

// workloadGrant exchanges a workload's token for access tokens of a service account: workload identity federation.
type workloadGrant struct {
	plain
	email string
	token workloadToken
}

func (g *workloadGrant) Method() string { return methodWorkloadIdentity }

func (g *workloadGrant) renew(ctx context.Context, a *Account) (AccessToken, error) {
	assertion, err := g.token.get(ctx, a)
	if err != nil {
		return AccessToken{}, fmt.Errorf("workload token of %s: %w", g.token.from, err)
	}
	if err := checkWorkloadToken(assertion, a.Now()); err != nil {
		return AccessToken{}, fmt.Errorf("workload token of %s: %w", g.token.from, err)
	}
	endpoint, err := a.workloadTokenURL(ctx)
	if err != nil {
		return AccessToken{}, err
	}
	// STACKIT has a type of its own here, not RFC 7523's.
	token, _, err := a.exchange(ctx, "workload token of "+g.token.from, endpoint, g.email, url.Values{
		"client_assertion_type": {"urn:schwarz:params:oauth:client-assertion-type:workload-jwt"},
		"client_assertion":      {assertion},
	})
	if rejected(err) {
		return AccessToken{}, hint.Wrap(err, "check that service account %s trusts the token's issuer, subject and "+
			"audience as a federated identity provider", g.email)
	}
	if err != nil {
		return AccessToken{}, err
	}
	token.Principal = g.email
	return token, nil
}

func (g *workloadGrant) refused(*Account) error {
	return hint.Wrap(fmt.Errorf("STACKIT refuses the tokens of the workload identity %s", g.email),
		"check that the service account still exists")
}

// checkWorkloadToken finds what the token endpoint would refuse without a reason.
func checkWorkloadToken(token string, now time.Time) error {
	if strings.Count(token, ".") != 2 || strings.ContainsAny(token, " \t\r\n") {
		return errors.New("it is not a JWT")
	}
	if expires := jwtclaims.Read(token).Expires; !expires.IsZero() && expires.Before(now.Add(-minRemaining)) {
		return hint.Wrap(fmt.Errorf("it expired at %s", expires.Format(time.RFC3339)),
			"its provider has to renew the token")
	}
	return nil
}

// workloadTokenURL returns the identity provider's token endpoint.
func (a *Account) workloadTokenURL(ctx context.Context) (string, error) {
	if a.Profile.Endpoints.IdentityProvider == "" {
		return cmp.Or(a.Env.Trimmed(envcredential.IdentityProviderTokenEndpoint), publicIssuerTokenURL), nil
	}
	provider, err := a.discover(ctx)
	if err != nil {
		return "", err
	}
	return provider.Endpoint().TokenURL, nil
}

// workloadGrant returns the grant of the workload identity that the environment names, or nil. As with the SDK the
// e-mail address of a service account and a token in a file are enough; what else could be a token's source is asked
// only when STACKIT_USE_OIDC is 1, as with the STACKIT CLI.
func (a *Account) workloadGrant() (grant, error) {
	email := a.Env.Trimmed(envcredential.ServiceAccountEmail)
	wanted := a.Env.Trimmed(envcredential.UseOIDC) == "1"
	if email == "" && !wanted {
		return nil, nil
	}
	if email == "" {
		return nil, hint.Wrap(fmt.Errorf("workload identity: %v is 1, and %v is not set", envcredential.UseOIDC,
			envcredential.ServiceAccountEmail),
			"set %v to the service account's e-mail address", envcredential.ServiceAccountEmail)
	}
	token := a.workloadToken(wanted)
	if token.get == nil && wanted {
		return nil, hint.Wrap(errors.New("workload identity: no token of this workload was found"),
			"set %v, or give the CI job the right to ask for an ID token", envcredential.FederatedTokenFile)
	}
	if token.get == nil {
		return nil, nil
	}
	return &workloadGrant{email: email, token: token}, nil
}

func (a *Account) workloadToken(wanted bool) workloadToken {
	if token := a.Env.Trimmed(envcredential.FederatedToken); token != "" {
		return workloadToken{envcredential.FederatedToken.String(),
			func(context.Context, *Account) (string, error) { return token, nil }}
	}
	if path := a.Env.Get(envcredential.FederatedTokenFile); path != "" {
		return fileToken(path)
	}
	if wanted {
		if token := a.githubToken(); token.get != nil {
			return token
		}
		if token := a.azureToken(); token.get != nil {
			return token
		}
	}
	if _, err := os.Stat(defaultWorkloadToken); err == nil {
		return fileToken(defaultWorkloadToken)
	}
	return workloadToken{}
}

func fileToken(path string) workloadToken {
	return workloadToken{path, func(ctx context.Context, _ *Account) (string, error) {
		data, err := interrupt.Read(ctx, func() ([]byte, error) { return envcredential.ReadFile(path) })
		return strings.TrimSpace(string(data)), err
	}}
}
