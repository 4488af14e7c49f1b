package edge

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/clusteraccess"
	"github.com/kubectl-edge/kubectl-edge/pkg/diagnosis"
	"github.com/kubectl-edge/kubectl-edge/pkg/edgetoken"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
	"github.com/kubectl-edge/kubectl-edge/pkg/transport"
)

// checkCluster asks the API server of the current context, if that is one of kubectl edge, for its version, and whether
// it takes the cached token. The kubeconfig may come from anybody, so no credential goes to the server that it names,
// but to the one that STACKIT named together with the token.
func (a *app) checkCluster(ctx context.Context, config *api.Config) diagnosis.Check {
	const name = "cluster"
	current := config.CurrentContext
	entry := config.Contexts[current]
	switch {
	case current == "":
		return diagnosis.Skipped(name, "kubectl edge use", "not tried: the kubeconfig has no current context")
	case entry == nil:
		return diagnosis.Failed(name, fmt.Errorf("the current context %q is not in the kubeconfig", current),
			"kubectl config get-contexts")
	}
	request, ours := kubeconfig.RequestOf(config.AuthInfos[entry.AuthInfo])
	if !ours {
		return diagnosis.Skipped(name, "kubectl edge use",
			"not tried: the current context %q is not one of kubectl edge",
			current)
	}
	server, err := a.askVersion(ctx)
	if request.Cluster != "" {
		if changed := a.checkPinned(ctx, request, err); changed != nil {
			return diagnosis.Failed(name, fmt.Errorf("context %q: %w", current, changed), hint.Of(changed))
		}
	}
	if err != nil {
		return diagnosis.Failed(name, fmt.Errorf("context %q: %w", current, err),
			"check the network and proxies; where the instance has moved: kubectl edge kubeconfig create")
	}
	if request.Cluster != "" {
		return a.checkEdgeCluster(ctx, current, server, request)
	}
	return a.checkAccepted(ctx, current, server, request)
}

// checkPinned returns what has changed of the edge cluster since the kubeconfig was written, as its instance says: its
// authorities, its address, or the cluster itself. The instance is asked if there is a token for it. Where there is
// none, a server whose certificate is not of the kubeconfig's authorities is the sign of that.
//
// The helper cannot see it while a certificate is cached: it is asked before the connection is made, and kubectl does
// not tell it how that went.
func (a *app) checkPinned(ctx context.Context, request tokenrequest.Request, failure error) error {
	if target, err := request.Instance().Resolve(a.dirs, a.Getenv); err == nil {
		if instance, ok := a.cachedInstance(target); ok {
			ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
			defer cancel()
			_, err := a.clusterMinter().Locate(ctx, instance.config, request)
			if errors.As(err, new(*clusteraccess.ChangedError)) {
				return err
			}
		}
	}
	if errors.As(failure, new(x509.UnknownAuthorityError)) {
		return hint.Wrap(failure, "if the edge cluster's certificate authorities were renewed, this writes them into "+
			"the kubeconfig: %s", tokenrequest.Repair(request))
	}
	return nil
}

// checkEdgeCluster asks the server whether it takes the cached certificate. That may be shown to any server: its key
// stays here. A token of an edge cluster goes to no server that a kubeconfig names.
func (a *app) checkEdgeCluster(ctx context.Context, current string, server *url.URL,
	request tokenrequest.Request) diagnosis.Check {
	const name = "cluster"
	whoami := "kubectl --context " + hint.Word(current) + " auth whoami"
	what := ofWhat(request)
	if request.Credential == tokenrequest.Administrator {
		return diagnosis.Warned(name, "kubectl edge kubeconfig remove "+hint.Word(current),
			"context %q is the administrator's own of %s", current, what)
	}
	target, err := request.Resolve(a.dirs, a.Getenv)
	if err != nil {
		return diagnosis.Skipped(name, whoami, "%s answers; whether it takes a credential was not tried: %v",
			server.Host,
			err)
	}
	e, err := target.Store.Get(target.Key, a.Now())
	if err != nil || e.Certificate == "" {
		return diagnosis.Skipped(name, whoami,
			"%s of %s answers; no certificate is cached, so whether it takes one was "+
				"not tried", server.Host, what)
	}
	person, err := askWho(ctx, e)
	switch {
	case apierrors.IsUnauthorized(err):
		return diagnosis.Failed(name, fmt.Errorf("%s refuses the cached certificate", server.Host),
			"kubectl edge cache clean, then "+whoami)
	case err != nil:
		return diagnosis.Failed(name, fmt.Errorf("context %q: %w", current, err), whoami)
	}
	return diagnosis.Passed(name, "%s of %s takes the cached certificate, as %s", server.Host, what, person)
}

// askWho asks the API server of the current context, which is an edge cluster's, who has the certificate.
func askWho(ctx context.Context, e tokencache.Entry) (person string, err error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	loaded, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		return "", err
	}
	certificate, err := tls.X509KeyPair([]byte(e.Certificate), []byte(e.PrivateKey))
	if err != nil {
		return "", err
	}
	client, err := kubeapi.New(kubeapi.Server{URL: loaded.Host, CA: loaded.CAData},
		kubeapi.Identity{Certificate: &certificate}, "kubectl-edge")
	if err != nil {
		return "", err
	}
	defer client.Close()
	var review authenticationv1.SelfSubjectReview
	review.APIVersion, review.Kind = authenticationv1.SchemeGroupVersion.String(), "SelfSubjectReview"
	_, err = client.Do(ctx, kubeapi.Call{Method: http.MethodPost,
		Path: []string{"apis", authenticationv1.GroupName, "v1", "selfsubjectreviews"}, Body: review}, &review)
	return review.Status.UserInfo.Username, err
}

// checkAccepted asks the instance's server whether it takes the cached token.
func (a *app) checkAccepted(ctx context.Context, current string, server *url.URL,
	request tokenrequest.Request) diagnosis.Check {
	const name = "cluster"
	whoami := "kubectl --context " + hint.Word(current) + " auth whoami"
	target, err := request.Resolve(a.dirs, a.Getenv)
	if err != nil {
		return diagnosis.Skipped(name, whoami, "%s answers; whether it takes a token was not tried: %v", server.Host,
			err)
	}
	token, err := target.Store.Get(target.Key, a.Now())
	if err != nil {
		return diagnosis.Skipped(name, whoami, "%s answers; no token is cached, so whether it takes one was not tried",
			server.Host)
	}
	named, known := target.Store.Server(target.Key, token)
	if known && !kubeconfig.SameServer(named.URL, server.String()) {
		return diagnosis.Failed(name, fmt.Errorf("context %q leads to %s, and STACKIT says that instance %s is at %s",
			current,
			server.Host, request.InstanceID, named.URL), "kubectl edge kubeconfig create")
	}
	accepted, err := edgetoken.Accepted(ctx, named, token, a.Slow)
	switch {
	case errors.Is(err, edgetoken.ErrServerUnknown):
		return diagnosis.Skipped(name, whoami, "%s answers; whether it takes the cached token was not tried: "+
			"STACKIT has not said where the instance is", server.Host)
	case err != nil:
		return diagnosis.Failed(name, fmt.Errorf("context %q: %w", current, err), whoami)
	case !accepted:
		return diagnosis.Failed(name, fmt.Errorf("%s refuses the cached token", server.Host),
			"kubectl edge cache clean, then "+whoami)
	}
	return diagnosis.Passed(name, "%s takes the cached token", server.Host)
}

// askVersion reaches the API server of the current context as kubectl does, without a credential.
func (a *app) askVersion(ctx context.Context) (*url.URL, error) {
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	loaded, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		return nil, err
	}
	server, err := url.Parse(loaded.Host)
	if err != nil || server.Host == "" {
		return nil, errors.New("its server is not a URL")
	}
	loaded.UserAgent = a.userAgent()
	client, err := rest.HTTPClientFor(rest.AnonymousClientConfig(loaded))
	if err != nil {
		return nil, err
	}
	transport.Attend(client, a.Slow)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.JoinPath("version").String(), nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, kubeapi.Unreachable(server.Host, err)
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10)
	if response.StatusCode >= 500 {
		return nil, fmt.Errorf("%s answers %s", server.Host, response.Status)
	}
	return server, nil
}
