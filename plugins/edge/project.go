package edge

import (
	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

func newProjectCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "project", Aliases: []string{"projects"}, Short: "Find STACKIT projects"}
	cmd.AddCommand(newProjectListCmd(a))
	return cmd
}

func newProjectListCmd(a *app) *cobra.Command {
	var filter stackit.ProjectFilter
	var out output.Flags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the projects below a folder or organization, or your own",
		Example: `  # the projects you are a member of
  kubectl edge project list

  # the id of a project, by its parent folder and name
  kubectl edge project list --parent-id 12345678-abcd-4bcd-8bcd-123456789abc --name YOUR-PROJECT \
    -o jsonpath='{.items[*].projectId}'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := out.Validate(); err != nil {
				return usageError{err}
			}
			s, err := a.scope()
			if err != nil {
				return err
			}
			cloud, err := a.cloud(cmd.Context(), s)
			if err != nil {
				return err
			}
			if filter.ParentID == "" && filter.Member == "" {
				principal, err := cloud.principal(cmd.Context())
				if err != nil {
					return err
				}
				filter.Member = principal
			}
			projects, err := cloud.Projects(cmd.Context(), filter)
			if err != nil {
				return err
			}
			if len(projects) == 0 {
				a.Note("No projects found.")
			}
			return output.List(a.Out, out, projectKind(), projects)
		},
	}
	cmd.Flags().StringVar(&filter.ParentID, "parent-id", "", "UUID or container id of the folder or organization")
	cmd.Flags().StringVar(&filter.Name, "name", "", "only projects of exactly this name; names are not unique")
	cmd.Flags().StringVar(&filter.Member, "member", "",
		"only projects of this member (default without --parent-id: who is logged in)")
	out.AddFlags(cmd.Flags())
	return cmd
}

func projectKind() output.Kind[stackit.Project] {
	return output.Kind[stackit.Project]{
		Name: "Project",
		ID:   func(p stackit.Project) string { return p.ProjectId },
		Columns: []output.Column[stackit.Project]{
			{Name: "ID", Value: func(p stackit.Project) string { return p.ProjectId }},
			{Name: "NAME", Value: func(p stackit.Project) string { return p.Name }},
			{Name: "STATE", Value: func(p stackit.Project) string { return string(p.LifecycleState) }},
			{Name: "PARENT ID", Value: func(p stackit.Project) string { return p.Parent.Id }},
		},
	}
}
