package edgesandbox

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func newProjectCmd(s streams) *cobra.Command {
	return group(s, "project", "Add projects of the resource manager",
		operation{
			pattern: "GET /sandbox/projects", use: "list", short: "List all projects",
			example: "  edge-sandbox project list\n  edge-sandbox project list -o json",
			table: columns("PROJECT ID\tNAME\tSTATE\tEDGE CLOUD\tINSTANCES", func(p map[string]any) []any {
				edge := p["edgeState"]
				if edge == "" {
					edge = "never enabled"
				}
				return []any{p["projectId"], p["name"], p["lifecycleState"], edge, p["instances"]}
			}),
		},
		operation{
			pattern: "POST /sandbox/projects", use: "add NAME", short: "Add a project, and print its ID",
			example: "  edge-sandbox project add harbour\n  edge-sandbox project add harbour --without-edge",
			takes:   []string{"name"},
			flags: func(f *pflag.FlagSet) {
				f.String("project-id", "", "ID, a UUID (default: made of the sandbox's seed and the name)")
				f.String("container-id", "", "container ID (default: made of name and ID)")
				f.String("parent-id", "", "folder or organization that it is in (default "+sandbox.ParentID+")")
				f.String("lifecycle-state", "", "CREATING, ACTIVE, DELETING or INACTIVE (default ACTIVE)")
				f.StringToString("labels", nil, "labels, NAME=VALUE")
				f.Bool("without-edge", false, "Edge Cloud was never enabled in it")
			},
			table: members("projectId"),
		},
		operation{
			pattern: "DELETE /sandbox/projects/{id}", use: "remove ID",
			short:   "Remove a project with its instances",
			example: "  edge-sandbox project remove " + sandbox.OtherProjectID,
		},
		operation{
			pattern: "PUT /sandbox/services", use: "set-service",
			short:   "Set the state of a service, Edge Cloud for one, in a project",
			example: "  edge-sandbox project set-service --state DISABLED",
			flags: func(f *pflag.FlagSet) {
				f.String("project-id", "", "project (default "+sandbox.ProjectID+")")
				f.String("region", "", "region (default "+sandbox.Region+")")
				f.String("service-id", "", "service (default "+sandbox.EdgeService+")")
				f.String("state", "",
					"ENABLED, ENABLING, DISABLED, DISABLING, or \"\" for never enabled (default ENABLED)")
			},
		},
	)
}
