package edge

import (
	"context"

	"k8s.io/client-go/rest"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/mint"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// instanceAPI is the API server of the instance that the request names, with a token for it. Both are the cached ones
// if there are some. STACKIT says where an instance is only together with a new token, so that is minted otherwise,
// once for any number of processes: the place comes from STACKIT alone, and never from a kubeconfig.
func (a *app) instanceAPI(ctx context.Context, request tokenrequest.Request) (*rest.Config, error) {
	target, err := request.Instance().Resolve(a.dirs, a.Getenv)
	if err != nil {
		return nil, err
	}
	var server tokencache.Server
	known := func(e tokencache.Entry) bool {
		var ok bool
		server, ok = target.Store.Server(target.Key, e)
		return ok
	}
	if e, err := target.Store.Get(target.Key, a.Now()); err == nil && known(e) {
		return a.apiConfig(server, e), nil
	}
	ctx, cancel := context.WithTimeout(ctx, credentialTimeout)
	defer cancel()
	e, err := a.flight(target).Token(ctx, target.Key, mint.Want{Also: known},
		func(ctx context.Context) (tokencache.Entry, error) {
			cloud, err := a.cloud(ctx, target.Scope)
			if err != nil {
				return tokencache.Entry{}, err
			}
			place, err := a.minter(cloud.Client).Fetch(ctx, target.ProjectID, target.Region, target.InstanceID)
			if err != nil {
				return tokencache.Entry{}, err
			}
			server = tokencache.Server{URL: place.Server, CA: place.CAData}
			return place.Keep(target, a.Now()), nil
		})
	if err != nil {
		return nil, err
	}
	return a.apiConfig(server, e), nil
}

func (a *app) apiConfig(server tokencache.Server, e tokencache.Entry) *rest.Config {
	return &rest.Config{
		Host: server.URL, BearerToken: e.Token, TLSClientConfig: rest.TLSClientConfig{CAData: server.CA},
		UserAgent: a.userAgent(), Timeout: kubeapi.Timeout,
	}
}

// userAgent is how kubectl edge appears in logs of servers.
func (a *app) userAgent() string { return "kubectl-edge/" + a.Build.Version }
