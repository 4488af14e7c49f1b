package login

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/trust"
)

// The CI services' own tokens go where the service says in its environment, as long as that is a host of the service or
// a trusted one: a kubeconfig can set the address, and the token of a job opens more than STACKIT. The SDK's adapters
// use http.DefaultClient and quote answers in errors.
var (
	githubDomains = []string{"actions.githubusercontent.com"}
	azureDomains  = []string{"dev.azure.com", "visualstudio.com"}
)

// githubToken asks GitHub Actions for the job's ID token.
func (a *Account) githubToken() workloadToken {
	address, bearer := a.Env.Trimmed(envcredential.GitHubRequestURL), a.Env.Trimmed(envcredential.GitHubRequestToken)
	if address == "" || bearer == "" {
		return workloadToken{}
	}
	return workloadToken{"GitHub Actions", func(ctx context.Context, a *Account) (string, error) {
		var answer struct {
			Token string `json:"value"`
		}
		err := a.askCI(ctx, http.MethodGet, address, githubDomains,
			map[string]string{"audience": "sts.accounts.stackit.cloud"}, bearer, &answer)
		return answer.Token, err
	}}
}

// azureToken asks Azure DevOps for the job's ID token.
func (a *Account) azureToken() workloadToken {
	address, bearer := a.Env.Trimmed(envcredential.AzureRequestURI), a.Env.Trimmed(envcredential.AzureAccessToken)
	if address == "" || bearer == "" {
		return workloadToken{}
	}
	query := map[string]string{"api-version": "7.1", "audience": "api://AzureADTokenExchange"}
	return workloadToken{"Azure DevOps", func(ctx context.Context, a *Account) (string, error) {
		var answer struct {
			Token string `json:"oidcToken"`
		}
		err := a.askCI(ctx, http.MethodPost, address, azureDomains, query, bearer, &answer)
		return answer.Token, err
	}}
}

// askCI adds to the address, which is to be below one of domains, what it does not say itself, and decodes the answer
// into result.
func (a *Account) askCI(ctx context.Context, method, address string, domains []string, query map[string]string,
	bearer string, result any) error {
	host, err := trust.URLHost(address)
	if err != nil {
		return fmt.Errorf("the address to ask%w", err)
	}
	if !host.Below(domains...) {
		if err := trust.Check(address, a.Trusted); err != nil {
			return trust.Hint(fmt.Errorf("the address to ask is not one of the service's own: %q", host),
				"only if that host is yours", host)
		}
	}
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	q := u.Query()
	for name, value := range query {
		if q.Get(name) == "" {
			q.Set(name, value)
		}
	}
	u.RawQuery = q.Encode()
	ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, u.String(), http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", "Bearer "+bearer)
	request.Header.Set("Content-Type", "application/json")
	response, err := a.tokenClient().Do(request)
	if err != nil {
		return fmt.Errorf("ask %s: %w", u.Host, a.requestError(err, exchangeTimeout))
	}
	defer response.Body.Close()
	if response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests {
		return hint.Wrap(fmt.Errorf("ask %s: %s", u.Host, response.Status), "try again in a moment")
	}
	if response.StatusCode/100 != 2 {
		return hint.Wrap(fmt.Errorf("ask %s: %s", u.Host, response.Status),
			"give the job the right to ask for an ID token (GitHub: permissions: id-token: write)")
	}
	if json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(result) != nil {
		if err := ended(ctx, nil); err != nil {
			return fmt.Errorf("ask %s: %w", u.Host, a.requestError(err, exchangeTimeout))
		}
		return fmt.Errorf("ask %s: what came back is not a token", u.Host)
	}
	return nil
}
