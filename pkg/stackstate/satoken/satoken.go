// Package satoken gets short-lived tokens of Kubernetes service accounts from the TokenRequest API.
package satoken

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/transport"
)

// ownAccount stands for the service account that the Kubernetes user itself is.
const ownAccount = "@me"

// MinExpiration is the shortest life that the TokenRequest API grants.
const MinExpiration = 10 * time.Minute

// Request says whose token is wanted.
type Request struct {
	Kubeconfig     string        // file; "" is $KUBECONFIG, ~/.kube/config or, in a pod, the pod's own access
	Context        string        // of the kubeconfig; "" is its current one
	ServiceAccount string        // NAME in the context's namespace, NAMESPACE/NAME, or "@me"
	Audiences      []string      // none is the API server's own
	Expiration     time.Duration // 0 is MinExpiration
}

// timeout bounds one request: client-go waits for an answer without end.
const timeout = 30 * time.Second

// Token requests a token from the Kubernetes API server. While it waits it has attend say so, as transport.Attend does.
func Token(ctx context.Context, r Request, attend func(host string) (end func())) (string, error) {
	token, err := request(ctx, r, attend)
	if err != nil {
		return "", fmt.Errorf("request a token of the Kubernetes service account %s: %w", r.ServiceAccount, err)
	}
	return token, nil
}

func request(ctx context.Context, r Request, attend func(string) func()) (string, error) {
	loader := load(r.Kubeconfig, r.Context)
	config, err := loader.ClientConfig()
	if err != nil {
		return "", err
	}
	config.Timeout = timeout
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return transport.Attended(next, attend) })
	namespace, _, err := loader.Namespace()
	if err != nil {
		return "", err
	}
	client, err := newClient(config)
	if err != nil {
		return "", err
	}
	name := r.ServiceAccount
	if name == ownAccount {
		if namespace, name, err = self(ctx, client); err != nil {
			return "", err
		}
	} else if ns, n, ok := strings.Cut(name, "/"); ok {
		namespace, name = ns, n
	}
	if r.Expiration == 0 {
		r.Expiration = MinExpiration
	}
	seconds := int64(r.Expiration.Seconds())
	var answer authenticationv1.TokenRequest
	err = client.Post().
		AbsPath("/api/v1").Namespace(namespace).Resource("serviceaccounts").Name(name).SubResource("token").
		Body(&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: r.Audiences,
			ExpirationSeconds: &seconds}}).
		Do(ctx).Into(&answer)
	if err != nil {
		return "", hint.Wrap(err, "kubectl auth can-i create serviceaccounts/token -n %s", namespace)
	}
	if answer.Status.Token == "" {
		return "", errors.New("the API server answered without a token")
	}
	return answer.Status.Token, nil
}

func load(kubeconfig, context string) clientcmd.ClientConfig {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules,
		&clientcmd.ConfigOverrides{CurrentContext: context})
}

// CurrentContext returns the name of the current context of a kubeconfig, which is found as for a Request; "" if there
// is none, as in a pod.
func CurrentContext(kubeconfig string) string {
	config, err := load(kubeconfig, "").RawConfig()
	if err != nil {
		return ""
	}
	return config.CurrentContext
}

// self asks who the Kubernetes user is, which must be a service account.
func self(ctx context.Context, client rest.Interface) (namespace, name string, err error) {
	var review authenticationv1.SelfSubjectReview
	err = client.Post().AbsPath("/apis/authentication.k8s.io/v1/selfsubjectreviews").
		Body(&authenticationv1.SelfSubjectReview{}).Do(ctx).Into(&review)
	if err != nil {
		return "", "", err
	}
	user := review.Status.UserInfo.Username
	rest, ok := strings.CutPrefix(user, "system:serviceaccount:")
	if namespace, name, found := strings.Cut(rest, ":"); ok && found {
		return namespace, name, nil
	}
	return "", "", hint.Wrap(fmt.Errorf("the Kubernetes user is %s, not a service account", user),
		"name one: --k8s-service-account NAMESPACE/NAME")
}

// newClient knows the two kinds that are sent here, and none of the rest of Kubernetes.
func newClient(config *rest.Config) (rest.Interface, error) {
	scheme := runtime.NewScheme()
	if err := authenticationv1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	config = rest.CopyConfig(config)
	config.GroupVersion = &authenticationv1.SchemeGroupVersion
	config.APIPath = "/apis"
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	return rest.RESTClientFor(config)
}
