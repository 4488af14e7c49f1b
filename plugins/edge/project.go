package edge

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
)

func newProjectCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "project", Aliases: []string{"projects"}, Short: "Find STACKIT projects"}
	cmd.AddCommand(newProjectListCmd(a))
	return cmd
}

func newProjectListCmd(a *app) *cobra.Command {
	var filter stackit.ProjectFilter
	var createdAfter string
	var limit int
	var out output.Flags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the projects below a folder or organization, or your own",
		Long: `List the projects below a folder or organization, or your own.

Projects that fit all of the filters are listed. Those of --project-id-like have to be below one folder or
organization.`,
		Example: `  # the projects you are a member of
  kubectl edge project list

  # the newest ones
  kubectl edge project list --creation-time-after 2026-01-31T00:00:00Z --limit 10

  # the id of a project, by its parent folder and name
  kubectl edge project list --parent-id 12345678-abcd-4bcd-8bcd-123456789abc --name YOUR-PROJECT \
    -o jsonpath='{.items[*].projectId}'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := out.Validate(cmd.Context()); err != nil {
				return usageError{err}
			}
			if err := complete(&filter, createdAfter, limit); err != nil {
				return usageError{err}
			}
			s, err := a.scope()
			if err != nil {
				return err
			}
			cloud, err := a.personsCloud(cmd.Context(), s)
			if err != nil {
				return err
			}
			if filter.ParentID == "" && filter.Member == "" && len(filter.IDs) == 0 {
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
		"only projects of this member (default without --parent-id and --project-id-like: who is logged in)")
	cmd.Flags().StringSliceVar(&filter.IDs, "project-id-like", nil,
		"only projects of these UUIDs; several with commas, or repeated")
	cmd.Flags().StringVar(&createdAfter, "creation-time-after", "",
		"only projects made after this time in RFC 3339, such as 2026-01-31T00:00:00Z")
	addLimit(cmd.Flags(), &limit)
	out.AddListFlags(cmd.Flags())
	return cmd
}

// complete reads what the flags say into the filter.
func complete(filter *stackit.ProjectFilter, createdAfter string, limit int) (err error) {
	if createdAfter != "" {
		if filter.CreatedAfter, err = time.Parse(time.RFC3339, createdAfter); err != nil {
			return fmt.Errorf("--creation-time-after %.80q: want a time in RFC 3339, such as 2026-01-31T00:00:00Z",
				createdAfter)
		}
	}
	for _, id := range filter.IDs {
		if err := stackitid.ProjectID(id); err != nil {
			return fmt.Errorf("--project-id-like: %w", err)
		}
	}
	filter.Limit = limit
	return nil
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
