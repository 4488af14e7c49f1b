package edgesandbox

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// clusterFlags are what can be set of an edge cluster.
func clusterFlags(f *pflag.FlagSet) {
	words := sandbox.EdgeClusterWords()
	for name, usage := range map[string]string{
		"status": "what the EdgeCluster says of itself; one that is created has no secret with a kubeconfig",
		"signer": "what becomes of signing requests that were approved; other-ca signs with an authority that the " +
			"API server does not know",
		"secret":        "what the secret with the kubeconfig holds",
		"talosconfig":   "what the secret with the talosconfig holds",
		"administrator": "what the administrator in the secret may do",
		"front": "how the API server is reached: directly, by way of a proxy that ends TLS and drops certificates, " +
			"of one that has it below a path, or not at all, with or without an answer",
	} {
		f.String(name, "", usage+": "+strings.Join(words[name], ", "))
	}
	f.String("machine-api", "", "how the machine API of Talos misbehaves: "+strings.Join(words["machineApi"], ", "))
	f.Duration("signing-duration", 0, "how long certificates live at most that it signs, such as 45s (default a year)")
}

func newClusterCmd(s streams) *cobra.Command {
	cmd := group(s, "cluster", "Add edge clusters, and break them",
		operation{
			pattern: "GET /sandbox/clusters", use: "list", short: "List the edge clusters of all API servers",
			example: "  edge-sandbox cluster list\n  edge-sandbox cluster list -o json",
			table: columns("INSTANCE\tNAME\tSTATUS\tRUNNING\tKUBERNETES API", func(c map[string]any) []any {
				return []any{c["instanceId"], c["name"], c["status"], c["running"], c["server"]}
			}),
		},
		operation{
			pattern: "POST /sandbox/clusters", use: "add NAME", short: "Add an edge cluster",
			long: `Adds an edge cluster. Its servers start when it is first asked. Instances that share an API
server have the same edge clusters; NAME is INSTANCE/NAME for an instance with one of its own, here and in
the other commands.`,
			example: "  edge-sandbox cluster add lisbon\n" +
				"  edge-sandbox cluster add porto --status creating",
			takes: []string{"name"}, flags: clusterFlags,
		},
		operation{
			pattern: "PATCH /sandbox/clusters/{name}", use: "set NAME", short: "Change an edge cluster, or break it",
			example: "  edge-sandbox cluster set berlin --signer none\n" +
				"  edge-sandbox cluster set berlin --signing-duration 45s\n" +
				"  edge-sandbox cluster set berlin --secret half-renewed\n" +
				"  edge-sandbox cluster set berlin --secret valid --front proxy",
			flags: clusterFlags,
		},
		operation{
			pattern: "POST /sandbox/clusters/{name}/start", use: "start NAME",
			short:   "Start the servers of an edge cluster, and wait until they serve",
			example: "  edge-sandbox cluster start berlin",
		},
		operation{
			pattern: "POST /sandbox/clusters/{name}/recreate", use: "recreate NAME",
			short:   "Make an edge cluster again under its name, with another UID and CA, and nothing in it",
			example: "  edge-sandbox cluster recreate berlin",
		},
		operation{
			pattern: "POST /sandbox/clusters/{name}/ca", use: "rotate-ca NAME",
			short:   "Give an edge cluster a new certificate authority",
			example: "  edge-sandbox cluster rotate-ca berlin\n  edge-sandbox cluster rotate-ca berlin --keep-old",
			flags: func(f *pflag.FlagSet) {
				f.Bool("keep-old", false, "take certificates of the old one too, and name both in the secret")
			},
		},
		operation{
			pattern: "PUT /sandbox/clusters/{name}/secrets", use: "secrets NAME",
			short:   "Say whether users of the instance may read its secrets: all, as RBAC has no exceptions",
			example: "  edge-sandbox cluster secrets berlin --readable=false",
			flags: func(f *pflag.FlagSet) {
				f.Bool("readable", false, "whether they may")
			},
		},
		operation{
			pattern: "DELETE /sandbox/clusters/{name}", use: "remove NAME", short: "Remove an edge cluster at once",
			example: "  edge-sandbox cluster remove berlin",
		},
	)
	cmd.AddCommand(newAuditCmd(s))
	return cmd
}

// newAuditCmd prints a log as it is.
func newAuditCmd(s streams) *cobra.Command {
	const pattern = "GET /sandbox/clusters/{name}/audit"
	return &cobra.Command{
		Use: "audit NAME", Short: "Print the audit log of an edge cluster, a JSON object per line",
		Args:        cobra.ExactArgs(1),
		Example:     "  edge-sandbox cluster audit berlin",
		Annotations: map[string]string{annotation: pattern},
		RunE: func(cmd *cobra.Command, args []string) error {
			_, path, _ := strings.Cut(pattern, " ")
			path, _ = fill(path, args)
			log, err := get(cmd.Context(), path)
			if err == nil {
				_, err = s.Out.Write(log)
			}
			return err
		},
	}
}
