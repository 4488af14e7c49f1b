package edge

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// installHint is what kubectl prints where the helper that a kubeconfig names is missing.
func installHint() string {
	return `This kubeconfig gets its tokens from kubectl edge. Install it with Krew

  ` + strings.Join(hint.Krew(), "\n  ") + `

or as shown at ` + hint.Install() + `

then log in: kubectl edge login`
}

func newKubeconfigCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "kubeconfig", Aliases: []string{"kubeconfigs"},
		Short: "Write kubeconfigs that hold no secret, and find those that do"}
	cmd.AddCommand(newKubeconfigCreateCmd(a), newKubeconfigRemoveCmd(a), newKubeconfigConvertCmd(a),
		newKubeconfigAuditCmd(a))
	return cmd
}
