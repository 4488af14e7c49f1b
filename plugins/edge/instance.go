package edge

import (
	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/output"
)

func newInstanceCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "instance", Aliases: []string{"instances"},
		Short: "Show, create, change and delete Edge Cloud instances"}
	cmd.AddCommand(newInstanceListCmd(a), newInstanceDescribeCmd(a),
		newInstanceCreateCmd(a), newInstanceUpdateCmd(a), newInstanceDeleteCmd(a))
	return cmd
}

func newInstanceDescribeCmd(a *app) *cobra.Command {
	var out output.Flags
	var which instanceFlags
	cmd := &cobra.Command{
		Use:   "describe [INSTANCE]",
		Short: "Show one instance: the current one, unless another is named",
		Example: `  kubectl edge instance describe
  kubectl edge instance describe demo
  kubectl edge instance describe demo-3714d85 -o yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := out.Validate(cmd.Context()); err != nil {
				return usageError{err}
			}
			if err := which.takeAny(args); err != nil {
				return usageError{err}
			}
			cloud, err := a.projectCloud(cmd.Context())
			if err != nil {
				return err
			}
			if err := a.settle(cmd.Context(), &which, cloud); err != nil {
				return err
			}
			instance, err := which.get(cmd.Context(), cloud)
			if err != nil {
				return err
			}
			if out.Format == "" {
				return describe(a.Out, instance)
			}
			return output.One(a.Out, out, instanceKind(), a.listed(cloud.Scope, instance))
		},
	}
	which.addFlags(cmd.Flags())
	out.AddFlags(cmd.Flags())
	return cmd
}
