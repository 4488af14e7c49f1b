package fleet

import (
	"cmp"
	"errors"
	"fmt"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// errOtherwise is the error of a context that cannot be asked without what its kubeconfig has kubectl do, such as
// setting variables for the helper.
var errOtherwise = errors.New("the context needs kubectl")

// MemberOf returns the member that a context of config names, and what it asks our helper for. Paths in config must be
// those of its files; see clientcmd.ResolveLocalPaths.
func MemberOf(config *api.Config, name string) (*Member, tokenrequest.Request, error) {
	part, err := Part(config, name)
	if err != nil {
		return nil, tokenrequest.Request{}, err
	}
	context := part.Contexts[name]
	user := part.AuthInfos[context.AuthInfo]
	request, ours := kubeconfig.RequestOf(user)
	if !ours || !plain(user) {
		return nil, request, errOtherwise
	}
	user.Exec = nil
	restConfig, err := clientcmd.NewNonInteractiveClientConfig(*part, name, &clientcmd.ConfigOverrides{}, nil).
		ClientConfig()
	if err != nil {
		return nil, request, errOtherwise // kubectl says what is wrong
	}
	called := NameOf(request)
	return &Member{
		Context: name, Instance: called.Instance, Cluster: called.Cluster,
		Namespace: cmp.Or(context.Namespace, "default"), Config: restConfig,
	}, request, nil
}

// plain reports whether all that user says is that our helper is to be called, and perhaps whom to impersonate.
func plain(user *api.AuthInfo) bool {
	call, ours := tokenrequest.FindCall(user.Exec.Command, user.Exec.Args)
	return ours && call.Sure && len(call.Env) == 0 && len(user.Exec.Env) == 0 && user.AuthProvider == nil &&
		user.Token+user.TokenFile+user.Username+user.Password+user.ClientCertificate+user.ClientKey == "" &&
		len(user.ClientCertificateData)+len(user.ClientKeyData) == 0 &&
		user.Exec.InteractiveMode != api.AlwaysExecInteractiveMode
}

// Part is the kubeconfig of one context of config: kubectl reads all entries of a file each time.
func Part(config *api.Config, name string) (*api.Config, error) {
	context := config.Contexts[name]
	if context == nil {
		return nil, fmt.Errorf("no context %q in the kubeconfig", name)
	}
	part := api.NewConfig()
	part.CurrentContext = name
	part.Contexts[name] = context.DeepCopy()
	cluster, user := config.Clusters[context.Cluster], config.AuthInfos[context.AuthInfo]
	if cluster == nil || user == nil {
		return nil, errOtherwise
	}
	part.Clusters[context.Cluster], part.AuthInfos[context.AuthInfo] = cluster.DeepCopy(), user.DeepCopy()
	return part, nil
}
