package edge

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

func newInstanceCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "instance", Aliases: []string{"instances"},
		Short: "Show, create, change and delete Edge Cloud instances"}
	cmd.AddCommand(newInstanceListCmd(a), newInstanceDescribeCmd(a),
		newInstanceCreateCmd(a), newInstanceUpdateCmd(a), newInstanceDeleteCmd(a))
	return cmd
}

func newInstanceListCmd(a *app) *cobra.Command {
	var out output.Flags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the instances of a project",
		Example: `  kubectl edge instance list
  kubectl edge instance list --region eu02 -o wide
  kubectl edge instance list -o custom-columns=ID:.id,UI:.frontendUrl`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := out.Validate(); err != nil {
				return usageError{err}
			}
			cloud, err := a.projectCloud(cmd.Context())
			if err != nil {
				return err
			}
			instances, err := cloud.Instances(cmd.Context(), cloud.ProjectID, cloud.Region)
			if err != nil {
				return err
			}
			if len(instances) == 0 {
				a.Note("No instances found in project %s, region %s.", cloud.ProjectID, cloud.Region)
			}
			return output.List(a.Out, out, instanceKind(), instances)
		},
	}
	out.AddFlags(cmd.Flags())
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
			if err := out.Validate(); err != nil {
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
			return output.One(a.Out, out, instanceKind(), instance)
		},
	}
	which.addFlags(cmd.Flags())
	out.AddFlags(cmd.Flags())
	return cmd
}

func instanceKind() output.Kind[stackit.Instance] {
	return output.Kind[stackit.Instance]{
		Name: "Instance",
		ID:   func(i stackit.Instance) string { return i.Id },
		Columns: []output.Column[stackit.Instance]{
			{Name: "ID", Value: func(i stackit.Instance) string { return i.Id }},
			{Name: "NAME", Value: func(i stackit.Instance) string { return i.DisplayName }},
			{Name: "UI", Value: func(i stackit.Instance) string { return i.FrontendUrl }},
			{Name: "STATE", Value: func(i stackit.Instance) string { return i.Status }},
			{Name: "PLAN", Wide: true, Value: func(i stackit.Instance) string { return i.PlanId }},
			{Name: "CREATED", Wide: true,
				Value: func(i stackit.Instance) string { return i.Created.Format(time.RFC3339) }},
			{Name: "DESCRIPTION", Wide: true, Value: func(i stackit.Instance) string { return i.GetDescription() }},
		},
	}
}
