package edge

import (
	"context"
	"net/http"

	"k8s.io/client-go/rest"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/mint"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
	"github.com/kubectl-edge/kubectl-edge/pkg/transport"
)

// instanceAPI is the API server of the instance that the request names: see instance.
func (a *app) instanceAPI(ctx context.Context, request tokenrequest.Request) (*rest.Config, error) {
	api, err := a.instance(ctx, request, "")
	return api.config, err
}

// instanceAccess is what leads to an instance.
type instanceAccess struct {
	config *rest.Config
	tag    string // of its token
}

// instance is what leads to the instance that the request names: its API server, with a token for it. Both are the
// cached ones if there are some, and the server has not refused the token of that tag. STACKIT says where an instance
// is only together with a new token, so that is minted otherwise, once for any number of processes: the place comes
// from STACKIT alone, and never from a kubeconfig.
func (a *app) instance(ctx context.Context, request tokenrequest.Request, refused string) (instanceAccess, error) {
	target, err := request.Instance().Resolve(a.dirs, a.Getenv)
	if err != nil {
		return instanceAccess{}, err
	}
	if cached, ok := a.cachedInstance(target); ok && cached.tag != refused {
		return cached, nil
	}
	var server tokencache.Server
	known := func(e tokencache.Entry) bool {
		var ok bool
		server, ok = target.Store.Server(target.Key, e)
		return ok
	}
	flight := a.flight(target)
	if request.Cluster != "" {
		flight.Warn = nil // what cannot be cached is said once, of the cluster's
	}
	ctx, cancel := context.WithTimeout(ctx, credentialTimeout)
	defer cancel()
	e, err := flight.Token(ctx, target.Key, mint.Want{Refused: refused, Also: known},
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
			return place.Keep(target, a.Now(), refused), nil
		})
	if err != nil {
		return instanceAccess{}, err
	}
	return a.access(server, e), nil
}

// cachedInstance is what leads to the instance of the target, if the cache has it.
func (a *app) cachedInstance(target tokenrequest.Target) (instanceAccess, bool) {
	e, err := target.Store.Get(target.Key, a.Now())
	if err != nil {
		return instanceAccess{}, false
	}
	server, ok := target.Store.Server(target.Key, e)
	return a.access(server, e), ok
}

func (a *app) access(server tokencache.Server, e tokencache.Entry) instanceAccess {
	return instanceAccess{tag: e.Tag(), config: &rest.Config{
		Host: server.URL, BearerToken: e.Token, TLSClientConfig: rest.TLSClientConfig{CAData: server.CA},
		UserAgent: a.userAgent(), Timeout: kubeapi.Timeout,
		WrapTransport: func(next http.RoundTripper) http.RoundTripper { return transport.Attended(next, a.Slow) },
	}}
}

// knows reports whether a token of the instance is cached, and where the instance is.
func (a *app) knows(request tokenrequest.Request) bool {
	target, err := request.Instance().Resolve(a.dirs, a.Getenv)
	if err != nil {
		return false
	}
	_, known := a.cachedInstance(target)
	return known
}

// userAgent is how kubectl edge appears in logs of servers.
func (a *app) userAgent() string { return "kubectl-edge/" + a.Build.Version }
