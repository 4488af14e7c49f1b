package edge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
)

// checkCluster asks the API server of the current context, if that is one of kubectl edge, for its version. The kubeconfig
// says where that is, and may come from anybody, so no credential is sent there.
func (a *app) checkCluster(ctx context.Context, config *api.Config) check {
	const name = "cluster"
	current := config.CurrentContext
	entry := config.Contexts[current]
	switch {
	case current == "":
		return skipped(name, "kubectl edge use", "not tried: the kubeconfig has no current context")
	case entry == nil:
		return failed(name, fmt.Errorf("the current context %q is not in the kubeconfig", current), "kubectl config get-contexts")
	}
	if _, ours := kubeconfig.RequestOf(config.AuthInfos[entry.AuthInfo]); !ours {
		return skipped(name, "kubectl edge use", "not tried: the current context %q is not one of kubectl edge", current)
	}
	whoami := "kubectl --context " + current + " auth whoami"
	host, err := askVersion(ctx)
	if err != nil {
		return failed(name, fmt.Errorf("context %q: %w", current, err),
			"check the network and proxies; where the instance has moved: kubectl edge kubeconfig create")
	}
	return skipped(name, whoami, "%s answers; whether it takes the credential was not tried", host)
}

// askVersion reaches the API server of the current context as kubectl does, without a credential.
func askVersion(ctx context.Context) (host string, err error) {
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	loaded, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		return "", err
	}
	server, err := url.Parse(loaded.Host)
	if err != nil || server.Host == "" {
		return "", errors.New("its server is not a URL")
	}
	client, err := rest.HTTPClientFor(rest.AnonymousClientConfig(loaded))
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.JoinPath("version").String(), nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		if failure, ok := errors.AsType[*url.Error](err); ok {
			err = failure.Err
		}
		return "", fmt.Errorf("%s cannot be reached: %w", server.Host, err)
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10)
	if response.StatusCode >= 500 {
		return "", fmt.Errorf("%s answers %s", server.Host, response.Status)
	}
	return server.Host, nil
}
