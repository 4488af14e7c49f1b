package edge

import (
	"strconv"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

func newPlanCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "plan", Aliases: []string{"plans"},
		Short: "Show the sizes in which instances are offered"}
	cmd.AddCommand(newPlanListCmd(a))
	return cmd
}

func newPlanListCmd(a *app) *cobra.Command {
	var out output.Flags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the plans that a project can choose from",
		Example: `  kubectl edge plan list
  kubectl edge plan list -o jsonpath='{.items[?(@.name=="S")].id}'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := out.Validate(cmd.Context()); err != nil {
				return usageError{err}
			}
			cloud, err := a.projectCloud(cmd.Context())
			if err != nil {
				return err
			}
			plans, err := cloud.Plans(cmd.Context(), cloud.ProjectID)
			if err != nil {
				return err
			}
			if len(plans) == 0 {
				a.Note("No plans found for project %s.", cloud.ProjectID)
			}
			return output.List(a.Out, out, planKind(), plans)
		},
	}
	addLimit(cmd.Flags(), &out.Limit)
	out.AddListFlags(cmd.Flags())
	return cmd
}

func planKind() output.Kind[stackit.Plan] {
	hosts := func(n int32) string { return strconv.Itoa(int(n)) }
	return output.Kind[stackit.Plan]{
		Name: "Plan",
		ID:   func(p stackit.Plan) string { return p.GetId() },
		Columns: []output.Column[stackit.Plan]{
			{Name: "ID", Value: func(p stackit.Plan) string { return p.GetId() }},
			{Name: "NAME", Value: func(p stackit.Plan) string { return p.GetName() }},
			{Name: "DESCRIPTION", Value: func(p stackit.Plan) string { return p.GetDescription() }},
			{Name: "MAX EDGE HOSTS", Value: func(p stackit.Plan) string { return hosts(p.GetMaxEdgeHosts()) }},
			{Name: "MIN EDGE HOSTS", Wide: true,
				Value: func(p stackit.Plan) string { return hosts(p.GetMinEdgeHosts()) }},
		},
	}
}
