package edge

import (
	"maps"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

const installHint = `This kubeconfig gets its tokens from kubectl edge. Install it with

  kubectl krew install edge edge-credential

then log in: kubectl edge login`

func newKubeconfigCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "kubeconfig", Aliases: []string{"kubeconfigs"}, Short: "Write kubeconfigs that hold no secret, and find those that do"}
	cmd.AddCommand(newKubeconfigCreateCmd(a), newKubeconfigRemoveCmd(a), newKubeconfigConvertCmd(a), newKubeconfigAuditCmd(a))
	return cmd
}

// edgeContext is a context whose user calls our helper.
type edgeContext struct {
	name    string
	request tokenrequest.Request // as it stands in the file, without what the profile would add
}

// edgeContexts returns the contexts of config whose users call our helper, sorted by name.
func edgeContexts(config *api.Config) []edgeContext {
	var contexts []edgeContext
	for _, name := range slices.Sorted(maps.Keys(config.Contexts)) {
		if request, ok := requestOf(config.AuthInfos[config.Contexts[name].AuthInfo]); ok {
			contexts = append(contexts, edgeContext{name, request})
		}
	}
	return contexts
}

// requestOf returns what user asks our helper for, and whether it is a user who does.
func requestOf(user *api.AuthInfo) (tokenrequest.Request, bool) {
	if user == nil || user.Exec == nil || user.Exec.Command != kubeconfig.Command {
		return tokenrequest.Request{}, false
	}
	request, err := tokenrequest.Parse(user.Exec.Args)
	return request, err == nil && request.Check() == nil
}

// sameInstance reports whether user gets its tokens by a request for the same instance.
func sameInstance(user *api.AuthInfo, request tokenrequest.Request) bool {
	other, ok := requestOf(user)
	return ok && other.ProjectID == request.ProjectID && other.Region == request.Region && other.InstanceID == request.InstanceID
}
