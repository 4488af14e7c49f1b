package edge

import "github.com/spf13/cobra"

const installHint = `This kubeconfig gets its tokens from kubectl edge. Install it with

  kubectl krew install edge edge-credential

then log in: kubectl edge login`

func newKubeconfigCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "kubeconfig", Aliases: []string{"kubeconfigs"},
		Short: "Write kubeconfigs that hold no secret, and find those that do"}
	cmd.AddCommand(newKubeconfigCreateCmd(a), newKubeconfigRemoveCmd(a), newKubeconfigConvertCmd(a),
		newKubeconfigAuditCmd(a))
	return cmd
}
