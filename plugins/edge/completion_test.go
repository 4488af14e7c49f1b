package edge

import (
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin/plugintest"
)

// Each flag with a known set of values completes them: what is left out here is what a person makes up, or what only
// the helper's kubeconfigs hold.
func TestEveryFlagCompletes(t *testing.T) {
	root := Tree(Process{Getenv: func(string) string { return "" }}).Command
	plugintest.EveryFlagCompletes(t, root, map[string]bool{
		"argocd cluster-secret annotation": true, "argocd cluster-secret label": true,
		"argocd cluster-secret service-account-email": true,
		"credential ca": true, "credential client": true, "credential cluster-uid": true, "credential refused": true,
		"credential server": true, "instance create description": true, "instance create name": true,
		"instance update description": true, "kubeconfig create context-name": true, "kuberc allow also": true,
		"project list member": true, "project list name": true, "project list parent-id": true,
		"project list creation-time-after": true, "project list project-id-like": true,
		"token create health-address": true, "instance list limit": true, "plan list limit": true,
		"project list limit": true, "each parallel": true, "each timeout": true, "login timeout": true,
		"argocd cluster-secret timeout": true, "kubeconfig convert timeout": true, "kubeconfig create timeout": true,
		"token create timeout": true, "ui clear-after": true, "ui timeout": true, "use timeout": true,
	})
}
