package fleet

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

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
	id := request.InstanceID
	return &Member{
		Context: name, Instance: id[:max(0, strings.LastIndex(id, "-"))], Cluster: request.Cluster,
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

// Label gives members of the same name other ones: the ids of their instances where names are the same, and the names
// of their contexts where the kubeconfig has several of the same server. Others keep theirs: one edge cluster with two
// roles is no reason to call all others by what nobody says.
func Label(members []*Member, ids []string) {
	names := map[string]string{} // ids by name
	clash := map[string]bool{}
	for i, m := range members {
		if id, seen := names[m.Instance]; seen && id != ids[i] {
			clash[m.Instance] = true
		}
		names[m.Instance] = ids[i]
	}
	count := map[string]int{}
	key := func(m *Member) string { return m.Instance + "\x00" + m.Cluster }
	for i, m := range members {
		if clash[m.Instance] {
			m.Instance = ids[i]
		}
		count[key(m)]++
	}
	var several []*Member
	for _, m := range members {
		if count[key(m)] > 1 {
			several = append(several, m)
		}
	}
	for _, m := range several {
		m.Instance = m.Context
	}
}
