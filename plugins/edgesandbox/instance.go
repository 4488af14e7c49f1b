package edgesandbox

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// instanceFlags are what can be set of an instance.
func instanceFlags(f *pflag.FlagSet) {
	f.String("status", "", "status that the API reports: active, reconciling, error or deleting; creating is "+
		"reconciling without ever having been active, failed is error; any other word is reported as it is")
	f.String("description", "", "description, of at most 256 characters")
	f.String("credentials", "",
		"when there are tokens and kubeconfigs: minted, refused, or \"\" for by the status")
	f.Int("refuse-credentials", 0, "how many requests for them are answered 404 first")
	f.Int("ready-after-polls", 0, "a reconciling instance becomes active when it was asked for that often")
	f.Duration("ready-in", 0, "a reconciling instance becomes active after that time of the sandbox's clock")
	f.Duration("gone-in", 0, "a deleting instance is gone after that time")
	f.String("server", "", "URL of the Kubernetes API that its kubeconfigs name")
	addFileFlag(f, "server-ca", "serverCA", "PEM file of the certificate authority that its kubeconfigs name")
	f.String("frontend-url", "", "address of its web UI, for up --local-ui=false")
}

func newInstanceCmd(s streams) *cobra.Command {
	return group(s, "instance", "Add instances, and change them behind the API's back",
		operation{
			pattern: "GET /sandbox/instances", use: "list", short: "List the instances of all projects",
			example: "  edge-sandbox instance list\n  edge-sandbox instance list -o json",
			table: columns("ID\tSTATUS\tPROJECT\tREGION\tKUBERNETES API", func(i map[string]any) []any {
				return []any{i["id"], i["status"], i["projectId"], i["region"], i["server"]}
			}),
		},
		operation{
			pattern: "POST /sandbox/instances", use: "add NAME", short: "Add an instance, and print its ID",
			long: `Adds an instance, active at once, and prints its ID. Its Kubernetes API is that of the instance
demo, behind an address of its own that takes this instance's tokens alone. With --own-server it gets a
kube-apiserver and etcd of its own, and reconciles until they serve.`,
			example: "  edge-sandbox instance add press\n" +
				"  edge-sandbox instance add lathe --status creating --ready-in 5s",
			takes: []string{"displayName"},
			flags: func(f *pflag.FlagSet) {
				f.String("id", "", "ID (default: the name and a hash of the project)")
				f.String("project-id", "", "project that it is in (default "+sandbox.ProjectID+")")
				f.String("region", "", "region that it is in (default "+sandbox.Region+")")
				f.String("plan-id", "", "plan that it has (default the first one)")
				f.Bool("own-server", false, "an API server of its own")
				instanceFlags(f)
			},
			table: members("id"),
		},
		operation{
			pattern: "PATCH /sandbox/instances/{id}", use: "set ID", short: "Change an instance",
			example: "  edge-sandbox instance set " + sandbox.ReconcilingID + " --status " + sandbox.StatusActive +
				"\n  edge-sandbox instance set " + sandbox.InstanceID + " --status failed",
			flags: instanceFlags,
		},
		operation{
			pattern: "DELETE /sandbox/instances/{id}", use: "remove ID", short: "Remove an instance at once",
			example: "  edge-sandbox instance remove " + sandbox.ReconcilingID,
		},
		operation{
			pattern: "POST /sandbox/instances/{id}/token", use: "token ID",
			short:   "Print a token of an instance that no client has asked for",
			example: "  edge-sandbox instance token " + sandbox.InstanceID + " --lifetime -1m     # has expired",
			flags: func(f *pflag.FlagSet) {
				f.Duration("lifetime", 0, "how long it lives; negative for one that has expired (default 1h)")
			},
			table: members("token"),
		},
		operation{
			pattern: "DELETE /sandbox/instances/{id}/tokens", use: "end-tokens ID",
			short:   "End an instance's opaque tokens before their time; for JWTs see keys rotate",
			example: "  edge-sandbox instance end-tokens " + sandbox.InstanceID,
		},
	)
}
